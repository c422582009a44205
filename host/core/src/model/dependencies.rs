//! Which checks depend on which (rule A7), and who waits for an answer.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::ids::CheckName;
use crate::model::keys::AlertKey;
use crate::model::setup::Setup;

/// Which checks have which parents. Made from each setup.
#[derive(Debug, Default)]
pub(crate) struct Dependencies {
    pub(crate) children: BTreeMap<CheckName, BTreeSet<CheckName>>,
    pub(crate) beyond: BTreeSet<CheckName>,
    /// Alerts that wait for an answer, by the check that was asked.
    pub(crate) waiting: BTreeMap<CheckName, BTreeSet<AlertKey>>,
}

impl Dependencies {
    pub(crate) fn of(setup: &Setup) -> Self {
        let mut dependencies = Dependencies::default();
        for spec in setup.checks.values() {
            for parent in spec.depends_on.iter().flatten() {
                dependencies.children.entry(parent.check().clone()).or_default().insert(spec.name.clone());
            }
            if spec.beyond_witness {
                dependencies.beyond.insert(spec.name.clone());
            }
        }
        dependencies
    }
    /// Replaces the setup. Questions that were asked stay.
    pub(crate) fn follow(&mut self, setup: &Setup) {
        let waiting = std::mem::take(&mut self.waiting);
        *self = Dependencies { waiting, ..Dependencies::of(setup) };
    }
}
