//! People answer from within messages.

use watchkeep_core::ids::{PersonName, ReceiverName};
use watchkeep_core::input::{Command, Input};
use watchkeep_core::replies::{invitation, judge};
use watchkeep_core::reply::{Replier, Reply};

use super::Play;
use super::asks::key_of;

impl Play {
    /// What a message to the receiver can offer about the alert now is what its next answer takes up.
    pub(super) fn offer(&mut self, receiver: &str, check: &str) -> Result<(), String> {
        let receiver = ReceiverName::from(receiver);
        let world = self.world()?;
        let alert = world.state.alert(&key_of(world, check)?).ok_or("no such alert")?;
        let offered = invitation(world.state.setup(), alert, &receiver, world.now.wall);
        self.offered.insert(receiver, offered.ok_or("nothing is offered")?);
        Ok(())
    }
    /// As pages and plugins do it: asked first, and decided by the core in any case.
    pub(super) fn reply(&mut self, receiver: &str, who: &str) -> Result<(), String> {
        let invitation =
            self.offered.get(&ReceiverName::from(receiver)).cloned().ok_or("nothing was offered")?;
        let who = match who.strip_prefix("id=") {
            Some(id) => Replier::Known(id.to_owned()),
            None => Replier::Person(PersonName::from(who)),
        };
        let reply = Reply { invitation, who };
        let world = self.world()?;
        let alert = world.state.alerts().find(|alert| alert.id == reply.invitation.alert);
        let judged = judge(world.state.setup(), alert, &reply, world.now.wall);
        self.replied = judged.map_or_else(|refused| refused.to_string(), |_| "taken".to_owned());
        self.take(Input::Command(Command::Reply(reply)))
    }
}
