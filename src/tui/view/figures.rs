//! Figures to be read: a band's statistics as bars and in words, and how many invites one may make. No bar says what no
//! word says.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{
    panes::glyph,
    text::{columns, fit, fit_right, wrap},
    when,
};
use crate::{
    api::{DayJoins, InviteCounts, Quota, Stats},
    domain::{Status, Timestamp, span_in_words},
    tui::{label, model::Model, theme::Theme},
};

/// The fewest columns that a bar says something in.
const LEAST_BAR: usize = 6;
/// Rows of the chart of who came in.
const CHART: usize = 4;
/// Days with somebody coming in that the server tells at most, and campaigns and inviters.
const MOST_DAYS: usize = 120;
const MOST_PARTS: usize = 50;

/// A bar: how it is called, how much of it is full, how long it is, and what it says.
struct Bar {
    name: String,
    style: Style,
    full: u64,
    whole: u64,
    words: String,
}

/// The statistics of a band in lines of `wide` columns.
pub(in crate::tui) fn stats(stats: &Stats, model: &Model, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    let all = &stats.by_status;
    let mut lines = say(&summary(stats), wide, theme.plain);
    if all.made > 0 {
        lines.extend(heading("By status", theme));
        lines.extend(bars(&by_status(all, theme), wide, theme));
    }
    lines.extend(heading("Who came in, by the day (UTC)", theme));
    lines.extend(joins(&stats.joins, model.now, wide, theme));
    let parts = |counts: &InviteCounts, name: String| part(counts, name, wide, theme);
    if !stats.by_kind.is_empty() {
        lines.extend(heading("By kind: accepted of made", theme));
        let kinds = stats.by_kind.iter().map(|kind| parts(&kind.counts, label::kinds(kind.kind).to_owned()));
        lines.extend(bars(&kinds.collect::<Vec<_>>(), wide, theme));
    }
    if all.made > 0 {
        let named = stats.by_campaign.iter().map(|campaign| parts(&campaign.counts, campaign.name.clone()));
        lines.extend(part_heading("By campaign", stats.by_campaign.len(), theme));
        lines.extend(bars(&with_others(named, &stats.other_campaigns, wide, theme), wide, theme));
        let named = stats.by_inviter.iter().map(|inviter| parts(&inviter.counts, inviter.account.display_name.clone()));
        lines.extend(part_heading("By inviter", stats.by_inviter.len(), theme));
        lines.extend(bars(&with_others(named, &stats.other_inviters, wide, theme), wide, theme));
    }
    lines
}

/// The statistics of a band in words alone, a thing a line.
pub(in crate::tui) fn stats_said(stats: &Stats, model: &Model) -> Vec<String> {
    let all = &stats.by_status;
    let mut lines = vec![summary(stats)];
    let of = |counts: &InviteCounts, name: &str| {
        format!(
            "{name}: {} of {} accepted, {} pending, {}",
            counts.accepted,
            counts.made,
            counts.pending,
            used(counts.uses)
        )
    };
    if all.made > 0 {
        let of = |status: Status, n| format!("{status}: {n}, {} %", percent(n, all.made));
        lines.push("By status:".to_owned());
        lines.push(of(Status::Pending, all.pending));
        lines.push(of(Status::Accepted, all.accepted));
        lines.push(of(Status::Rejected, all.rejected));
        lines.push(format!("{}, of them {} ran out", of(Status::Cancelled, all.cancelled), all.expired));
    }
    lines.push(format!("Who came in: {}", joins_in_words(&stats.joins, model.now.day())));
    lines.push("By kind:".to_owned());
    lines.extend(stats.by_kind.iter().map(|kind| of(&kind.counts, label::kinds(kind.kind))));
    lines.push("By campaign:".to_owned());
    lines.extend(stats.by_campaign.iter().map(|campaign| of(&campaign.counts, &campaign.name)));
    lines.push("By inviter:".to_owned());
    lines.extend(stats.by_inviter.iter().map(|inviter| of(&inviter.counts, &inviter.account.display_name)));
    lines
}

/// The whole in a few sentences.
fn summary(stats: &Stats) -> String {
    let all = &stats.by_status;
    if all.made == 0 {
        return "No invite was made yet.".to_owned();
    }
    let answered = all.accepted + all.rejected + all.expired;
    let rate = stats.acceptance_rate.map_or_else(
        || "None was answered or ran out yet.".to_owned(),
        |rate| {
            let were = if all.accepted == 1 { "was" } else { "were" };
            let accepted = all.accepted;
            format!("Of {answered} that were answered or ran out {accepted} {were} accepted: {:.0} %.", rate * 100.0)
        },
    );
    let median = stats
        .median_seconds_to_accept
        .map(|seconds| format!("Half of the latest 1,000 uses came within {} of the making.", span_in_words(seconds)));
    let made = format!("{} made, {} of them pending; {}.", count(all.made, "invite"), all.pending, used(all.uses));
    let views = format!("Looked at about {}.", count(stats.views, "time"));
    let said: Vec<_> = [made, rate].into_iter().chain(median).chain([views]).collect();
    said.join(" ")
}

fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn used(uses: u64) -> String {
    format!("used {}", count(uses, "time"))
}

fn by_status(all: &InviteCounts, theme: &Theme) -> Vec<Bar> {
    let of = |status| match status {
        Status::Pending => all.pending,
        Status::Accepted => all.accepted,
        Status::Rejected => all.rejected,
        Status::Cancelled => all.cancelled,
    };
    let statuses = Status::ALL.iter().map(|&status| {
        let full = of(status);
        let ran_out = if status == Status::Cancelled && all.expired > 0 {
            format!(", {} ran out", all.expired)
        } else {
            String::new()
        };
        Bar {
            name: format!("{} {status}", glyph(status)),
            style: theme.status(status),
            full,
            whole: full,
            words: format!("{full} · {} %{ran_out}", percent(full, all.made)),
        }
    });
    statuses.collect()
}

const fn percent(part: u64, whole: u64) -> u64 {
    match (part * 100 + whole / 2).checked_div(whole) {
        Some(percent) => percent,
        None => 0,
    }
}

/// The bar of a kind, a campaign or an inviter.
fn part(counts: &InviteCounts, name: String, wide: usize, theme: &Theme) -> Bar {
    let further =
        if wide >= 64 { format!(" · {} pending · {}", counts.pending, used(counts.uses)) } else { String::new() };
    let words = format!("{} of {}{further}", counts.accepted, counts.made);
    Bar { name, style: theme.accepted, full: counts.accepted, whole: counts.made, words }
}

/// Those that are named, and what the server adds up of all others.
fn with_others(named: impl Iterator<Item = Bar>, others: &InviteCounts, wide: usize, theme: &Theme) -> Vec<Bar> {
    let left = (*others != InviteCounts::default()).then(|| part(others, "all others".to_owned(), wide, theme));
    named.chain(left).collect()
}

fn heading(text: &str, theme: &Theme) -> [Line<'static>; 2] {
    [Line::default(), Line::styled(text.to_owned(), theme.title)]
}

/// A heading that says what the server leaves out.
fn part_heading(text: &str, named: usize, theme: &Theme) -> [Line<'static>; 2] {
    let cut = if named >= MOST_PARTS { format!(", the {MOST_PARTS} with most") } else { String::new() };
    heading(&format!("{text}{cut}: accepted of made"), theme)
}

fn say(text: &str, wide: usize, style: Style) -> Vec<Line<'static>> {
    wrap(text, wide).into_iter().map(|line| Line::styled(line, style)).collect()
}

/// Bars below each other on one scale: name, bar, words. Where there is no room for all three the bar goes.
fn bars(bars: &[Bar], wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    let widest = |of: fn(&Bar) -> &str| bars.iter().map(|bar| columns(of(bar))).max().unwrap_or(0);
    let words = widest(|bar| &bar.words).min(wide / 2);
    let names = widest(|bar| &bar.name).clamp(8, (wide / 3).max(12)).min(wide.saturating_sub(words + 1));
    let room = wide.saturating_sub(names + words + 2);
    let room = if room < LEAST_BAR { 0 } else { room.min(60) };
    let most = bars.iter().map(|bar| bar.whole).max().unwrap_or(0).max(1);
    let cells = |n: u64| {
        let cells = usize::try_from(n * room as u64 / most).unwrap_or(room).min(room);
        // What there is can be seen.
        if n > 0 && room > 0 { cells.max(1) } else { cells }
    };
    bars.iter()
        .map(|bar| {
            let whole = cells(bar.whole);
            let full = cells(bar.full).min(whole);
            let mut spans = vec![Span::styled(fit(&bar.name, names), theme.plain), Span::raw(" ")];
            if room > 0 {
                spans.push(Span::styled("█".repeat(full), bar.style));
                spans.push(Span::styled("░".repeat(whole - full), theme.dim));
                spans.push(Span::raw(" ".repeat(room - whole + 1)));
            }
            spans.push(Span::raw(fit(&bar.words, words)));
            Line::from(spans)
        })
        .collect()
}

/// Who came in: a column a day, or several days where they would not fit, up to today; and what that shows in words.
fn joins(days: &[DayJoins], now: Timestamp, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    let today = now.day();
    let Some(first) = days.iter().map(|joins| joins.day.day()).min() else {
        return say("Nobody yet.", wide, theme.dim);
    };
    let mut lines = say(&joins_in_words(days, today), wide, theme.plain);
    let most_label = 6;
    let room = wide.saturating_sub(most_label + 1).min(100);
    if room < 10 {
        return lines;
    }
    let span = usize::try_from(today - first).unwrap_or(0) + 1;
    // A week on the chart where days are too many, and so on.
    let step = span.div_ceil(room);
    let count = span.div_ceil(step).max(room.min(18));
    let mut columns = vec![0_u64; count];
    for joins in days {
        let back = usize::try_from(today - joins.day.day()).unwrap_or(0) / step;
        if let Some(column) = count.checked_sub(back + 1).and_then(|at| columns.get_mut(at)) {
            *column += joins.joined;
        }
    }
    let most = columns.iter().copied().max().unwrap_or(0).max(1);
    for row in (0..CHART).rev() {
        let name = match row {
            _ if row + 1 == CHART => most.to_string(),
            0 => "0".to_owned(),
            _ => String::new(),
        };
        let bar: String = columns.iter().map(|&n| eighths(n, most, row)).collect();
        lines.push(Line::from(vec![
            Span::styled(fit_right(&name, most_label), theme.dim),
            Span::raw(" "),
            Span::styled(bar.trim_end().to_owned(), theme.accepted),
        ]));
    }
    let utc = jiff::tz::TimeZone::UTC;
    let begins = when::date(Timestamp::of_day(today - (count * step) as i64 + 1), &utc);
    let each = if step > 1 { format!("{step} days each") } else { String::new() };
    let blanks = " ".repeat(count.saturating_sub(begins.len() + 5).min(room));
    lines.push(Line::styled(format!("{}{begins}{blanks}today", " ".repeat(most_label + 1)), theme.dim));
    if !each.is_empty() {
        lines.push(Line::styled(format!("{}a column is {step} days", " ".repeat(most_label + 1)), theme.dim));
    }
    lines
}

/// The part of a column that lies in this row of the chart, the lowest being 0. What there is can be seen.
fn eighths(n: u64, most: u64, row: usize) -> char {
    const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let high = (n * CHART as u64 * 8).div_ceil(most);
    let here = usize::try_from(high.saturating_sub(row as u64 * 8)).unwrap_or(8).min(8);
    BLOCKS[here]
}

fn joins_in_words(days: &[DayJoins], today: i64) -> String {
    let between = |from: i64, to: i64| {
        let within = days.iter().filter(|joins| (from..=to).contains(&joins.day.day()));
        within.map(|joins| joins.joined).sum::<u64>()
    };
    let (latest, before) = (between(today - 29, today), between(today - 59, today - 30));
    let most = days.iter().max_by_key(|joins| (joins.joined, joins.day)).map(|most| {
        let day = when::date(most.day, &jiff::tz::TimeZone::UTC);
        format!("Most on {day}: {}.", most.joined)
    });
    let cut =
        (days.len() >= MOST_DAYS).then(|| format!("Known are the latest {MOST_DAYS} days on which anybody came."));
    let sums = format!("{latest} in the last 30 days, {before} in the 30 before.");
    let said: Vec<_> = std::iter::once(sums).chain(most).chain(cut).collect();
    said.join(" ")
}

/// How many invites one may make, in a sentence.
pub(in crate::tui) fn quota_in_words(quota: &Quota) -> String {
    let made = |n: u32| if n == 1 { "1 invite".to_owned() } else { format!("{n} invites") };
    let Some((limit, left)) = quota.limit.zip(quota.remaining) else {
        let used = if quota.used >= 1_000 { "1,000 invites or more".to_owned() } else { made(quota.used) };
        return format!("You may make any number of invites. In the last 30 days: {used}.");
    };
    match left {
        0 => format!("You have made all {} that you may make in 30 days.", made(limit)),
        left => format!("{} of {limit} made in the last 30 days; {left} more can be made now.", made(quota.used)),
    }
}

/// How many invites one may make, in lines of `wide` columns.
pub(in crate::tui) fn quota(quota: &Quota, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    let text = quota_in_words(quota);
    let Some((limit, left)) = quota.limit.zip(quota.remaining) else { return say(&text, wide, theme.plain) };
    let style = if left == 0 { theme.rejected } else { theme.accepted };
    let (full, whole) = (u64::from(quota.used.min(limit)), u64::from(limit.max(1)));
    let bar = Bar { name: "made".to_owned(), style, full, whole, words: format!("{} of {limit}", quota.used) };
    let mut lines = say(&text, wide, theme.plain);
    lines.push(Line::default());
    lines.extend(bars(&[bar], wide, theme));
    lines.push(Line::default());
    let rule = "Counted are invites made by you in all your bands, ended ones too; not the uses of a link or a code. Each \
                counts for 30 days.";
    lines.extend(say(rule, wide, theme.dim));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_can_be_seen_however_much_more_there_is_elsewhere() {
        let theme = Theme::new(crate::config::Theme::None, true);
        let bar = |full, whole| Bar { name: "x".to_owned(), style: theme.plain, full, whole, words: whole.to_string() };
        let lines = bars(&[bar(1_000_000, 1_000_000), bar(1, 1), bar(0, 0), bar(0, 1)], 60, &theme);
        let text: Vec<_> = lines.iter().map(ToString::to_string).collect();
        assert!(text[1].contains('█') && !text[2].contains('█') && text[3].contains('░'), "{text:#?}");
        assert_eq!((eighths(1, 1_000_000, 0), eighths(0, 5, 0), eighths(5, 5, CHART - 1)), ('▁', ' ', '█'));
    }

    #[test]
    fn days_are_summed_in_words_and_no_number_of_them_leaves_the_screen() {
        let theme = Theme::new(crate::config::Theme::None, true);
        let now: Timestamp = "2026-03-14T14:02:30Z".parse().unwrap();
        let days: Vec<_> = (0..120)
            .map(|n| DayJoins { day: Timestamp::of_day(now.day() - n * 9), joined: if n == 4 { 7 } else { 2 } })
            .collect();
        let said = joins_in_words(&days, now.day());
        assert!(said.starts_with("8 in the last 30 days, 11 in the 30 before. Most on 2026-02-06: 7."), "{said}");
        assert!(said.contains("latest 120 days"), "{said}");
        for wide in [34, 36, 46, 76, 116] {
            for line in joins(&days, now, wide, &theme) {
                assert!(columns(&line.to_string()) <= wide, "{wide}: {line}");
            }
        }
    }
}
