//! Lists of people as people have them: CSV out of spreadsheets and address books.
//!
//! Commas, semicolons or tabs, with or without a byte order mark and headings, either kind of line end. UTF-8 it has to be.

use csv::{ReaderBuilder, StringRecord, Trim};
use serde_json::{Map, Value};

use crate::{
    api::{MAX_ROWS, RowResult, RowStatus},
    domain::clean_line,
};

/// The most bytes of rows in a request: the server takes a megabyte, and what they have in common comes on top.
const MOST_BYTES: usize = 700_000;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    /// An address, or the user name of an account.
    Whom,
    Email,
    Username,
    Name,
    FirstName,
    LastName,
    Role,
    /// Something of our own that is not read again.
    Ours,
    Unknown,
}

impl Column {
    /// What people call it.
    fn of(heading: &str) -> Self {
        let plain: String = heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        match plain.as_str() {
            "for" | "whom" | "invitee" | "recipient" => Self::Whom,
            "email" | "emailaddress" | "emails" | "mail" | "mailaddress" | "address" | "email1" | "email1value"
            | "primaryemail" | "epost" | "courriel" | "correo" => Self::Email,
            "username" | "user" | "account" | "login" | "handle" | "nick" | "nickname" => Self::Username,
            "name" | "fullname" | "displayname" | "label" | "note" | "person" | "who" => Self::Name,
            "firstname" | "first" | "givenname" | "forename" | "vorname" => Self::FirstName,
            "lastname" | "last" | "surname" | "familyname" | "nachname" => Self::LastName,
            "role" => Self::Role,
            PROBLEM | "row" | "status" | "detail" | "link" | "inviteid" => Self::Ours,
            _ => Self::Unknown,
        }
    }

    /// What a cell in it is: whom it is about it can say in two ways.
    fn says(self, cell: &str) -> Self {
        match self {
            Self::Whom | Self::Username if is_address(cell) => Self::Email,
            Self::Whom => Self::Username,
            column => column,
        }
    }

    /// What is taken of a cell that says this.
    fn means(self, cell: &str) -> String {
        match self {
            Self::Email => mailbox(cell).0.to_owned(),
            Self::Username => cell.strip_prefix('@').unwrap_or(cell).to_owned(),
            Self::Role => cell.to_lowercase(),
            _ => cell.to_owned(),
        }
    }
}

/// The headings that are known, as people are told them.
pub(crate) const KNOWN: &str = "email, username, name, first name, last name and role";

/// The heading of the column that says what was wrong with a row.
pub(crate) const PROBLEM: &str = "problem";

/// What is called a column where rows have more cells than there are headings.
const BEYOND: &str = "beyond the last heading (in some rows)";

/// A file of people.
#[derive(Debug)]
pub(crate) struct People {
    text: String,
    delimiter: u8,
    headings: Option<StringRecord>,
    columns: Vec<Column>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// The line of the file that it begins at, from 1.
    pub(crate) line: usize,
    /// The cells as they are.
    pub(crate) cells: StringRecord,
    /// What is sent.
    pub(crate) wish: Value,
}

/// The ends of lines in it, as any system writes them.
fn line_ends(text: &[u8]) -> usize {
    let alone = |at: usize| text[at] == b'\r' && text.get(at + 1) != Some(&b'\n');
    (0..text.len()).filter(|&at| text[at] == b'\n' || alone(at)).count()
}

impl People {
    /// Reads a list. What is wrong is said in a sentence that begins small: where, and what to do.
    pub(crate) fn parse(bytes: Vec<u8>) -> Result<Self, String> {
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..good].split(|&byte| byte == b'\n').count();
            format!("line {line} is not UTF-8. Save the file as CSV in UTF-8")
        })?;
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        if let Some(at) = text.find('\0') {
            let line = 1 + text[..at].matches('\n').count();
            return Err(format!("line {line} holds what no text does. Save the file as CSV in UTF-8"));
        }
        let delimiter = delimiter(&text);
        let mut people = Self { text, delimiter, headings: None, columns: Vec::new() };
        let mut first = people.records().map(|(_, cells)| cells);
        let (Some(one), two) = (first.next(), first.next()) else { return Err("there is nobody in it".to_owned()) };
        drop(first);
        let named: Vec<_> = one.iter().map(Column::of).collect();
        if named.iter().any(|column| *column != Column::Unknown) && !one.iter().any(|cell| cell.contains('@')) {
            use Column::{Email, FirstName, LastName, Name, Username, Whom};
            if !named.iter().any(|column| matches!(column, Whom | Email | Username | Name | FirstName | LastName)) {
                return Err("no column says who it is: call one email, username or name".to_owned());
            }
            (people.columns, people.headings) = (named, Some(one));
        } else {
            let has_address = |cells: &StringRecord| cells.iter().any(is_address);
            if !has_address(&one) && two.as_ref().is_some_and(has_address) {
                let found: Vec<&str> = one.iter().filter(|heading| !heading.is_empty()).collect();
                return Err(format!(
                    "the first row looks like headings ({}), and none is known. Known are {KNOWN}",
                    clean_line(&found.join(", "))
                ));
            }
            people.columns = guessed(&one);
        }
        if people.rows().next().is_none() {
            return Err("there is nobody in it".to_owned());
        }
        Ok(people)
    }

    /// The headings of columns that are not read, and of those of which some rows are not: what an earlier one says is not
    /// said again.
    pub(crate) fn unread(&self) -> Vec<String> {
        let Some(headings) = &self.headings else { return Vec::new() };
        let mut passed_over = vec![false; self.columns.len()];
        let mut beyond = false;
        for (_, cells) in self.records().skip(1) {
            beyond |= cells.iter().skip(self.columns.len()).any(|cell| !cell.is_empty());
            let mut said: Vec<(Column, String)> = Vec::new();
            for ((cell, column), passed_over) in cells.iter().zip(&self.columns).zip(&mut passed_over) {
                let column = column.says(cell);
                let meant = column.means(cell);
                match said.iter().find(|(earlier, _)| *earlier == column) {
                    _ if cell.is_empty() || matches!(column, Column::Ours | Column::Unknown) => {}
                    Some((_, earlier)) => *passed_over |= *earlier != meant,
                    None => said.push((column, meant)),
                }
            }
            // A whole name goes before its parts, wherever it stands.
            let Some((_, name)) = said.iter().find(|(column, _)| *column == Column::Name) else { continue };
            for ((cell, column), passed_over) in cells.iter().zip(&self.columns).zip(&mut passed_over) {
                let is_part = matches!(column, Column::FirstName | Column::LastName);
                *passed_over |= is_part && !name.contains(cell);
            }
        }
        let columns = headings.iter().zip(&self.columns).zip(passed_over);
        let told = columns.filter_map(|((name, column), passed_over)| match column {
            Column::Unknown => Some(name.to_owned()),
            _ => passed_over.then(|| format!("{name} (in some rows)")),
        });
        // A comma within a name that nobody has quoted makes a cell too many.
        told.chain(beyond.then(|| BEYOND.to_owned())).collect()
    }

    /// The first row, where it is somebody and yet may have been meant as headings: no address is in it.
    pub(crate) fn doubtful(&self) -> Option<String> {
        let (_, first) = self.records().next().filter(|_| self.headings.is_none())?;
        let words: Vec<&str> = first.iter().filter(|cell| !cell.is_empty()).collect();
        (words.len() > 1 && !words.iter().any(|cell| cell.contains('@'))).then(|| words.join(", "))
    }

    /// The people, in their order; rows without anything are nobody.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> {
        let people = self.records().skip(usize::from(self.headings.is_some()));
        people.filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty())).map(move |(line, cells)| {
            let wish = self.wish(&cells);
            Row { line, cells, wish }
        })
    }

    /// The records with the lines that they begin at.
    fn records(&self) -> impl Iterator<Item = (usize, StringRecord)> {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .trim(Trim::All)
            .from_reader(self.text.as_bytes());
        let (mut line, mut counted) = (1, 0);
        // It is UTF-8, and rows may have any length: nothing else can be wrong with CSV.
        reader.into_records().map_while(Result::ok).map(move |cells| {
            let mut at = cells.position().map_or(counted, |position| position.byte() as usize);
            let bytes = self.text.as_bytes();
            while bytes.get(at).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
                at += 1;
            }
            line += line_ends(&bytes[counted..at]);
            counted = at;
            (line, cells)
        })
    }

    /// A row as the API takes it.
    fn wish(&self, cells: &StringRecord) -> Value {
        let (mut email, mut username, mut role) = (None, None, None);
        let (mut name, mut first, mut last, mut beside) = (None, None, None, None);
        for (cell, column) in cells.iter().zip(&self.columns).filter(|(cell, _)| !cell.is_empty()) {
            let column = column.says(cell);
            match column {
                Column::Email => {
                    email.get_or_insert_with(|| column.means(cell));
                    beside = beside.or(mailbox(cell).1);
                }
                Column::Whom | Column::Username => {
                    username.get_or_insert_with(|| column.means(cell));
                }
                Column::Role => {
                    role.get_or_insert_with(|| column.means(cell));
                }
                Column::Name => name = name.or(Some(cell)),
                Column::FirstName => first = first.or(Some(cell)),
                Column::LastName => last = last.or(Some(cell)),
                Column::Ours | Column::Unknown => {}
            }
        }
        let parts: Vec<&str> = first.into_iter().chain(last).collect();
        let whole = (!parts.is_empty()).then(|| parts.join(" "));
        let name = name.map(str::to_owned).or(whole).or_else(|| beside.map(str::to_owned));
        wish(email.as_deref(), username.as_deref(), name.as_deref(), role.as_deref())
    }

    /// The headings of a file with some of these people and what is wrong with them.
    pub(crate) fn failed_headings(&self) -> StringRecord {
        let mut headings = self.headings.clone().unwrap_or_else(|| {
            let named = |column: &Column| match column {
                Column::Whom => "for",
                Column::Name => "name",
                Column::Role => "role",
                _ => "",
            };
            self.columns.iter().map(named).collect()
        });
        if self.problem_column().is_none() {
            headings.push_field(PROBLEM);
        }
        headings
    }

    /// A row of that file.
    pub(crate) fn failed_row(&self, row: &Row, problem: &str) -> StringRecord {
        let at = self.problem_column().unwrap_or(self.columns.len());
        let cell = |place: usize| if place == at { problem } else { row.cells.get(place).unwrap_or_default() };
        (0..self.columns.len().max(at + 1)).map(cell).collect()
    }

    fn problem_column(&self) -> Option<usize> {
        self.headings.as_ref()?.iter().position(|heading| heading == PROBLEM)
    }

    /// A file with some of these people, which is read again as this one was.
    pub(crate) fn writer<W: std::io::Write>(&self, out: W) -> csv::Writer<W> {
        // A heading with another sign between its words would be counted, if it stood bare.
        let headings = self.headings.iter().flatten();
        let counts = headings.into_iter().any(|heading| heading.contains([',', ';', '\t']));
        let quotes = if counts { csv::QuoteStyle::NonNumeric } else { csv::QuoteStyle::Necessary };
        csv::WriterBuilder::new().delimiter(self.delimiter).quote_style(quotes).from_writer(out)
    }
}

fn wish(email: Option<&str>, username: Option<&str>, name: Option<&str>, role: Option<&str>) -> Value {
    let fields = [("email", email), ("username", username), ("role", role), ("name", name)];
    let fields = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::from(value?))));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// A row as the API takes it, from what a person wrote into three cells: an address or a user name, a name, a role.
pub(crate) fn wish_of(whom: &str, name: &str, role: &str) -> Value {
    let [whom, name, role] = [whom, name, role].map(str::trim);
    let given = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
    let (name, role) = (given(name), given(&role.to_lowercase()));
    if is_address(whom) {
        let (address, owner) = mailbox(whom);
        return wish(Some(address), None, name.as_deref().or(owner), role.as_deref());
    }
    let username = given(whom.strip_prefix('@').unwrap_or(whom));
    wish(None, username.as_deref(), name.as_deref(), role.as_deref())
}

/// The rows of the next request: as many as the server takes at once. `bytes_of` gives the length of what is sent of a row.
pub(crate) fn next_rows<T>(rows: &mut impl Iterator<Item = T>, bytes_of: impl Fn(&T) -> usize) -> Vec<T> {
    let (mut taken, mut bytes) = (Vec::new(), 0);
    while taken.len() < MAX_ROWS && bytes < MOST_BYTES {
        let Some(row) = rows.next() else { break };
        bytes += bytes_of(&row);
        taken.push(row);
    }
    taken
}

/// Whether the invite that was pending is sent again, as was asked for: nothing is told against it.
pub(crate) fn is_resent(result: &RowResult) -> bool {
    result.status == RowStatus::AlreadyPending && result.detail.is_none()
}

/// Whether the row came to no invite, neither a new one nor one that was sent again.
pub(crate) fn is_refused(result: &RowResult) -> bool {
    result.status != RowStatus::Created && !is_resent(result)
}

/// A text of a row that is sent; empty where it has none.
pub(crate) fn field<'a>(wish: &'a Value, name: &str) -> &'a str {
    wish[name].as_str().unwrap_or_default()
}

/// Whom a row is for, as people say it.
pub(crate) fn whom(wish: &Value) -> String {
    match (field(wish, "email"), field(wish, "username")) {
        ("", "") => field(wish, "name").to_owned(),
        ("", username) => format!("@{username}"),
        (email, _) => email.to_owned(),
    }
}

/// The columns of a table of results.
pub(crate) const RESULT_COLUMNS: [&str; 9] =
    ["row", "email", "username", "name", "role", "status", "invite_id", "link", "detail"];

/// A row of such a table: the line of the list that the row begins at, what was sent, and what it came to.
pub(crate) fn result_row(line: usize, wish: &Value, result: &RowResult) -> [String; 9] {
    let [email, username, name, role] = ["email", "username", "name", "role"].map(|name| field(wish, name).to_owned());
    let id = result.invite_id.map(|id| id.to_string()).unwrap_or_default();
    let [way_in, why] = [&result.link, &result.detail].map(|text| text.clone().unwrap_or_default());
    [line.to_string(), email, username, name, role, result.status.to_string(), id, way_in, why]
}

/// What stands between cells: what the first line has most of, outside of quotes.
fn delimiter(text: &str) -> u8 {
    let (mut quoted, mut counts) = (false, [(b',', 0), (b';', 0), (b'\t', 0)]);
    for byte in text.trim_start_matches(['\r', '\n']).bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            byte if !quoted => counts.iter_mut().filter(|(one, _)| *one == byte).for_each(|(_, count)| *count += 1),
            _ => {}
        }
    }
    // Of equals the first.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(byte, _)| byte)
}

/// What the columns hold where nothing says so: the one with an address, or else the first, says who; of the others the
/// first that is no role is the name.
fn guessed(first: &StringRecord) -> Vec<Column> {
    let whom = first.iter().position(is_address).unwrap_or(0);
    let mut named = false;
    let column = |(place, cell): (usize, &str)| match cell.to_lowercase().as_str() {
        _ if place == whom => Column::Whom,
        "member" | "admin" => Column::Role,
        _ if !named => {
            named = true;
            Column::Name
        }
        _ => Column::Unknown,
    };
    first.iter().enumerate().map(column).collect()
}

/// Whether it is rather an address than a user name.
fn is_address(cell: &str) -> bool {
    cell.rfind('@').is_some_and(|at| at > 0)
}

/// The address of `Kim Lee <kim@example.org>`, and the name beside it.
fn mailbox(cell: &str) -> (&str, Option<&str>) {
    let (name, address) = match cell.strip_suffix('>').and_then(|cell| cell.rsplit_once('<')) {
        Some((name, address)) => (Some(name.trim().trim_matches('"')).filter(|name| !name.is_empty()), address.trim()),
        None => (None, cell),
    };
    (address.strip_prefix("mailto:").unwrap_or(address), name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn wishes(text: &str) -> Vec<Value> {
        People::parse(text.as_bytes().to_vec()).unwrap().rows().map(|row| row.wish).collect()
    }

    #[test]
    fn the_same_people_are_read_however_a_program_writes_them() {
        let expected = [
            json!({ "email": "kim@example.org", "name": "Lee, Kim", "role": "admin" }),
            json!({ "email": "sam@example.org", "name": "Sam" }),
        ];
        for text in [
            "email,name,role\nkim@example.org,\"Lee, Kim\",admin\nsam@example.org,Sam,\n",
            "\u{feff}E-Mail;Name;Role\r\nkim@example.org;Lee, Kim;Admin\r\nsam@example.org;Sam;\r\n",
            "E-mail Address\tFull name\tROLE\tcity\nkim@example.org\tLee, Kim\tadmin\tOslo\nsam@example.org\tSam",
            "\n\nkim@example.org,\"Lee, Kim\",admin\n,,\n\nsam@example.org , Sam\n",
            "\"Lee, Kim\",kim@example.org,admin\nSam,sam@example.org,\n",
            "mail\n\"\"\"Lee, Kim\"\" <kim@example.org>\"\n",
        ] {
            let read = wishes(text);
            if read.len() == 1 {
                assert_eq!(read, [json!({ "email": "kim@example.org", "name": "Lee, Kim" })]);
                continue;
            }
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn names_in_two_columns_are_one_and_user_names_are_known_by_having_no_address() {
        assert_eq!(
            wishes("Last name,First name,username\nLee,Kim,@kim\nReed,,sam@example.org\n"),
            [json!({ "username": "kim", "name": "Kim Lee" }), json!({ "email": "sam@example.org", "name": "Reed" })]
        );
        assert_eq!(wishes("kim\n@sam\n"), [json!({ "username": "kim" }), json!({ "username": "sam" })]);
        assert_eq!(wishes("name\ntable one\n"), [json!({ "name": "table one" })], "a plain link");
    }

    #[test]
    fn a_column_of_which_something_is_left_out_is_told() {
        let unread = |text: &str| {
            let people = People::parse(text.as_bytes().to_vec()).unwrap();
            people.unread().join(", ")
        };
        assert_eq!(unread("email,Mail,name\na@x.org,b@x.org,A\n"), "Mail (in some rows)");
        assert_eq!(unread("email,account\na@x.org,b@x.org\n"), "account (in some rows)", "an address is one anywhere");
        assert_eq!(unread("role,name,Role,Note\nadmin,Kim,member,Lee\n"), "Role (in some rows), Note (in some rows)");
        assert_eq!(unread("email,Mail,city\na@x.org,a@x.org,Oslo\nc@x.org,,Rome\n,d@x.org,\n"), "city");
        for same in
            ["email,account\nKim <k@x.org>,k@x.org\n", "for,username\n@kim,kim\n", "name,role,Role\nKim,Admin,admin\n"]
        {
            assert_eq!(unread(same), "", "{same}");
        }
        let both = "first name,last name,name,email\nKim,Lee,Kim Lee,k@x.org\n";
        assert_eq!(unread(both), "");
        assert_eq!(unread(&format!("{both}Ada,,The Countess,a@x.org\n")), "first name (in some rows)");
        assert_eq!(
            unread("email,account,status\na@x.org,kim,made\n"),
            "",
            "the server says what it is to do with both"
        );
        assert_eq!(
            unread("email,name\na@x.org,Smith, Ann,admin\nb@x.org,Lee\n"),
            "beyond the last heading (in some rows)"
        );
        assert_eq!(unread("email,name\na@x.org,Ann,,\n"), "", "nothing is beyond it");
        assert_eq!(wishes("role,name,Role\nadmin,Kim,member\n"), [json!({ "name": "Kim", "role": "admin" })]);
    }

    #[test]
    fn rows_know_the_line_that_they_begin_at() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["email,name", "a@x.org,\"two", "lines\"", "", "b@x.org,", "", "", "c@x.org,"].join(end);
            let people = People::parse(text.into_bytes()).unwrap();
            assert_eq!(people.rows().map(|row| row.line).collect::<Vec<_>>(), [2, 5, 8], "{end:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_where_and_what_to_do() {
        let refused = |bytes: &[u8]| People::parse(bytes.to_vec()).unwrap_err();
        assert!(refused(b"email\nkim@example.org\nJos\xe9\n").starts_with("line 3 is not UTF-8."));
        assert!(refused(b"e\0m\0").contains("line 1"));
        for nobody in [&b""[..], b"\n\n", b"email,name\n", b"email,name\n,\n"] {
            assert_eq!(refused(nobody), "there is nobody in it");
        }
        assert!(refused(b"role\nadmin\n").contains("call one email"));
        assert!(
            refused("adresse électronique,prénom\nkim@example.org,Kim\n".as_bytes()).contains("looks like headings")
        );
    }

    #[test]
    fn who_failed_can_be_mended_and_read_again() {
        let people = People::parse(b"city;email;name\nOslo;kim;\"Lee; Kim\"\n".to_vec()).unwrap();
        assert_eq!(people.unread(), ["city"]);
        let row = people.rows().next().unwrap();
        let mut out = people.writer(Vec::new());
        out.write_record(&people.failed_headings()).unwrap();
        out.write_record(&people.failed_row(&row, "no address")).unwrap();
        let text = String::from_utf8(out.into_inner().unwrap()).unwrap();
        assert_eq!(text, "city;email;name;problem\nOslo;kim;\"Lee; Kim\";no address\n");
        let again = People::parse(text.into_bytes()).unwrap();
        assert_eq!(again.rows().next().unwrap().wish, row.wish);
        assert_eq!(again.failed_headings().len(), 4, "one such column is enough");
        assert_eq!(&again.failed_row(&again.rows().next().unwrap(), "still")[3], "still");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in any::<Vec<u8>>(), text in any::<String>()) {
            for bytes in [bytes, text.into_bytes()] {
                if let Ok(people) = People::parse(bytes) {
                    let lines: Vec<_> = people.rows().map(|row| row.line).collect();
                    prop_assert!(lines.is_sorted());
                }
            }
        }

        #[test]
        fn who_was_refused_is_read_again_as_the_same_people(
            heading in prop_oneof![
                Just(String::new()), "(\"?(e-mail|name|role|user|first name|x;;y|a,b|=1)\"?[,;]){1,4}(mail|link)\n",
            ],
            text in "(\"?[a-z@.=;', é]{0,9}\"?[,;\n]|kim@x\\.org[,;\n]|\"a\"\"b\nc\",|member[,;]){1,12}",
        ) {
            let text = heading + &text;
            let lines = text.lines().count();
            let Ok(people) = People::parse(text.into_bytes()) else { return Ok(()) };
            let mut out = people.writer(Vec::new());
            out.write_record(&people.failed_headings()).unwrap();
            let mut wishes = Vec::new();
            for row in people.rows() {
                prop_assert!((1..=lines).contains(&row.line), "{} of {}", row.line, lines);
                for (key, value) in row.wish.as_object().unwrap() {
                    prop_assert!(["email", "username", "role", "name"].contains(&key.as_str()));
                    prop_assert!(value.is_string() && !field(&row.wish, "email").ends_with('>'));
                }
                out.write_record(&people.failed_row(&row, "no, because; of \"that\"")).unwrap();
                wishes.push(row.wish);
            }
            let failed = String::from_utf8(out.into_inner().unwrap()).unwrap();
            let again = People::parse(failed.clone().into_bytes());
            prop_assert!(again.is_ok(), "{:?}\n{failed}", again);
            prop_assert_eq!(again.unwrap().rows().map(|row| row.wish).collect::<Vec<_>>(), wishes, "{}", failed);
        }
    }
}
