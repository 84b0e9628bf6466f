//! What a message does to the model.

use super::{
    message::{Effect, Msg},
    model::{Model, Purpose, RequestId},
    request::Request,
};
use crate::domain::Timestamp;

impl Model {
    /// Takes in what happened at `now` and says what is to be done. Pure: the same model, message and instant give the
    /// same model and effects.
    pub fn update(&mut self, msg: Msg, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        match msg {
            Msg::Resize(width, height) => {
                self.size = (width, height);
                self.dirty = true;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// The instant at which something changes by itself: the next poll, the end of a notice, a label that grows older.
    pub fn wake_at(&self) -> Option<Timestamp> {
        [self.line.next_poll, self.toast.as_ref().map(|toast| toast.until)].into_iter().flatten().min()
    }

    /// Sends a request whose answer serves this purpose.
    fn ask(&mut self, purpose: Purpose, request: Request) -> (RequestId, Effect) {
        let attempt = self.fresh();
        self.ask_again(attempt, purpose, request)
    }

    /// As [`Model::ask`], as the same attempt as an earlier request.
    fn ask_again(&mut self, attempt: u64, purpose: Purpose, request: Request) -> (RequestId, Effect) {
        let id = RequestId(self.fresh());
        self.waiting.insert(id, purpose);
        (id, Effect::Ask { id, attempt, request })
    }

    /// A number that was not used before.
    fn fresh(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}
