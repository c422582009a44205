//! Commands of a caller who sees a part of the host: carried out within that part, or refused.

use watchkeep_core::input::{AlertsOf, Command};

use super::{Seen, gone};
use crate::host::{Host as _, HostError};

impl Seen {
    /// The commands that carry out one command within the scope, or why there is none.
    pub(super) fn narrowed(&self, command: Command) -> Result<Vec<Command>, HostError> {
        let Some(reach) = &self.reach else { return Ok(vec![command]) };
        match &command {
            Command::RunNow(check) | Command::Pause(check) | Command::Resume(check) => {
                self.must_see(check)?
            }
            Command::AcceptSnapshot(accepted) => self.must_see(&accepted.check)?,
            Command::TestReceiver(receiver) => return Err(gone(format!("receiver `{receiver}`"))),
            Command::Acknowledge(of, taken) => {
                let each = |of| Command::Acknowledge(of, taken.clone());
                return Ok(self.each(of)?.into_iter().map(each).collect());
            }
            // Answers from within messages come in another way, and what they may do is bound to their alert.
            Command::Reply(reply) => {
                return Err(gone(format!("an open alert `{}`", reply.invitation.alert)));
            }
            Command::Unacknowledge { of, by } => {
                let each = |of| Command::Unacknowledge { of, by: by.clone() };
                return Ok(self.each(of)?.into_iter().map(each).collect());
            }
            Command::HandOver(of, given) => {
                let each = |of| Command::HandOver(of, given.clone());
                return Ok(self.each(of)?.into_iter().map(each).collect());
            }
            Command::OpenWindow(window) => {
                if !reach.scope.confines(window) {
                    return Err(HostError::Forbidden {
                        message: format!("it would reach beyond what you see, which is `{}`", reach.scope),
                    });
                }
            }
            Command::EndWindow { id, .. } => {
                let window = self.windows().into_iter().find(|window| window.id == *id);
                let window = window.ok_or_else(|| gone(format!("silence `{id}`")))?;
                if !reach.scope.confines(&window) {
                    return Err(HostError::Forbidden {
                        message: format!("`{id}` reaches beyond what you see, so you cannot end it"),
                    });
                }
            }
            Command::RetryDelivery(delivery) => {
                return Err(gone(format!("delivery `{}`", delivery.id)));
            }
            Command::ApproveAction { occasion, .. } | Command::DeclineAction { occasion, .. } => {
                if self.actions().iter().all(|record| record.id != *occasion) {
                    return Err(gone(format!("occasion `{occasion}`")));
                }
            }
            Command::Act { alert, .. } => {
                if self.alerts().iter().all(|open| open.id != *alert) {
                    return Err(gone(format!("an open alert `{alert}`")));
                }
            }
        }
        Ok(vec![command])
    }

    /// The alerts of somebody with a scope, one by one: a group may hold others', now or a moment later.
    pub(super) fn each(&self, of: &AlertsOf) -> Result<Vec<AlertsOf>, HostError> {
        let open = self.alerts();
        match of {
            AlertsOf::Alert(id) => {
                let found = open.iter().find(|alert| alert.id == *id);
                found.map(|_| vec![of.clone()]).ok_or_else(|| gone(format!("an open alert `{id}`")))
            }
            AlertsOf::Group(key) => {
                let group = self.group(key).ok_or_else(|| gone(format!("an open group `{}`", key.id())))?;
                let members = group.members.iter().filter(|member| member.resolved.is_none());
                Ok(members.map(|member| AlertsOf::Alert(member.alert.clone())).collect())
            }
        }
    }
}
