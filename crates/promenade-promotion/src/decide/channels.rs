//! Moves of channels.

use semver::Version;

use super::{Decision, Desk, reason_given, unless};
use crate::command::ChannelMove;
use crate::event::{EventKind, Follows, MoveCause};
use crate::state::Stage;
use crate::subject::Subject;
use crate::verdict::{Blocker, Rank};

impl Desk<'_> {
    /// Moves are recorded all or none; a reason makes them a rollback.
    pub(super) fn move_channels(
        &self,
        moves: &[ChannelMove],
        rollback: Option<&String>,
    ) -> Decision {
        if let Some(reason) = rollback {
            reason_given("reason", reason)?;
        }
        let mut blockers = Vec::new();
        let mut kinds = Vec::new();
        for wish in moves {
            let at = self
                .state
                .channels
                .get(&wish.channel)
                .map(|channel| &channel.version);
            if at == Some(&wish.to) {
                continue;
            }
            self.judge_move(wish, at, rollback.is_some(), &mut blockers);
            kinds.push(EventKind::ChannelMoved {
                cause: match (rollback, wish.follows) {
                    (Some(_), _) => MoveCause::Rollback,
                    (None, Follows::Environment) => MoveCause::Promotion,
                    (None, _) => MoveCause::Release,
                },
                channel: wish.channel.clone(),
                follows: wish.follows,
                from: at.cloned(),
                to: wish.to.clone(),
            });
        }
        unless(blockers, kinds)
    }

    fn judge_move(
        &self,
        wish: &ChannelMove,
        at: Option<&Version>,
        back: bool,
        blockers: &mut Vec<Blocker>,
    ) {
        let gate = format!("channel:{}", wish.channel);
        let mut refuse = |why: String| blockers.push(Blocker::permanent(&gate, why));
        let (channel, to) = (&wish.channel, &wish.to);
        let Some(record) = self.state.version(to) else {
            return refuse(format!("version `{to}` is not known"));
        };
        match record.stage {
            Stage::Rejected | Stage::Deprecated => refuse(format!("`{to}` is {}", record.stage)),
            Stage::Candidate | Stage::Selected | Stage::Prerelease => {
                let stable = matches!(wish.follows, Follows::Highest | Follows::MostRecent);
                if stable {
                    refuse(format!(
                        "`{channel}` follows releases; `{to}` is {}",
                        record.stage
                    ));
                }
            }
            Stage::RolledBack if !back && wish.follows != Follows::Fixed => {
                refuse(format!("`{to}` was rolled back"));
            }
            Stage::Released | Stage::RolledBack => {}
        }
        if matches!(wish.follows, Follows::Highest | Follows::MostRecent) && !to.pre.is_empty() {
            refuse(format!(
                "`{channel}` follows releases; `{to}` is a pre-release by its number"
            ));
        }
        if let Some(known) = self
            .state
            .channels
            .get(channel)
            .filter(|known| known.follows != wish.follows)
        {
            refuse(format!(
                "`{channel}` follows {}, not {}",
                known.follows, wish.follows
            ));
        }
        match (wish.follows, at) {
            (Follows::Fixed, Some(at)) => refuse(format!("`{channel}` points at `{at}` for ever")),
            (Follows::Highest, Some(at)) if to < at && !back => {
                refuse(format!(
                    "`{channel}` is at `{at}`; `{to}` is lower, and only a rollback goes back"
                ));
            }
            _ => {}
        }
        self.judge_environment(wish, &gate, blockers);
        if wish.from.as_ref() != at {
            let shown = |version: Option<&Version>| {
                version.map_or("nothing".to_owned(), Version::to_string)
            };
            let why = format!(
                "`{channel}` points at {}, not at {}",
                shown(at),
                shown(wish.from.as_ref())
            );
            let by = "reading the channel again and deciding again";
            blockers.push(Blocker::new(&gate, Rank::Blocked, why, by));
        }
    }

    /// INV-22: the tag of an environment points at what is verified there.
    fn judge_environment(&self, wish: &ChannelMove, gate: &str, blockers: &mut Vec<Blocker>) {
        if wish.follows != Follows::Environment {
            return;
        }
        let Some(name) = &wish.environment else {
            let why = format!("`{}` follows an environment; none is named", wish.channel);
            blockers.push(Blocker::permanent(gate, why));
            return;
        };
        match self.environment(name) {
            Err(held) => blockers.extend(held.as_slice().iter().cloned()),
            Ok(rule) => {
                let current = self
                    .state
                    .slot(&rule.name)
                    .and_then(|slot| slot.current.as_ref());
                let to = Subject::Version(wish.to.clone());
                let there = current.is_some_and(|current| {
                    current.phase == crate::state::Phase::Verified && current.subject == to
                });
                if !there {
                    let why = format!("`{to}` is not verified in `{}`", rule.name);
                    let by = format!("a verified deployment of `{to}` in `{}`", rule.name);
                    blockers.push(Blocker::new(gate, Rank::Blocked, why, by));
                }
            }
        }
    }
}
