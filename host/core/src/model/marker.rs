//! Markers: moments that people or their tools want to see in charts, such as a deployment. Only data: they decide nothing.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::ids::MarkerId;
use crate::labels::Labels;
use crate::time::Wall;

/// The most markers. When another is set, one is forgotten of whoever has set the most: the one of the earliest moment.
pub const MARKERS_MAX: usize = 5000;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Marker {
    pub id: MarkerId,
    pub at: Wall,
    pub text: String,
    /// Where there is more about it; empty if nowhere.
    pub link: String,
    /// The labels of the checks that it concerns; without any it concerns all.
    pub labels: Labels,
    pub by: String,
}

impl Marker {
    /// Whether it concerns what has these labels.
    pub fn concerns(&self, labels: &Labels) -> bool {
        self.labels.iter().all(|(name, value)| labels.get(name) == value)
    }
}

/// A change to the markers. Each says how the row is afterwards, so that it can be applied twice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MarkerChange {
    Put(Marker),
    Remove(MarkerId),
}

/// All markers, as they are now.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Markers {
    all: BTreeMap<MarkerId, Arc<Marker>>,
}

impl Markers {
    pub fn apply(&mut self, change: &MarkerChange) {
        match change {
            MarkerChange::Put(marker) => {
                self.all.insert(marker.id.clone(), Arc::new(marker.clone()));
            }
            MarkerChange::Remove(id) => {
                self.all.remove(id);
            }
        }
    }
    pub fn find(&self, id: &MarkerId) -> Option<&Arc<Marker>> {
        self.all.get(id)
    }
    pub fn iter(&self) -> impl Iterator<Item = &Marker> {
        self.all.values().map(|marker| &**marker)
    }
    /// Those of a stretch of time, newest first.
    pub fn between(&self, stretch: &Range<Wall>) -> Vec<Arc<Marker>> {
        let mut found: Vec<_> =
            self.all.values().filter(|marker| stretch.contains(&marker.at)).cloned().collect();
        found.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
        found
    }
    /// What is forgotten when another is set, so that there are never more than [`MARKERS_MAX`].
    pub fn beyond(&self) -> Vec<MarkerChange> {
        if self.all.len() < MARKERS_MAX {
            return Vec::new();
        }
        let mut by_author: BTreeMap<&str, Vec<&Marker>> = BTreeMap::new();
        for marker in self.iter() {
            by_author.entry(&marker.by).or_default().push(marker);
        }
        // Who sets thousands pushes out nobody else's.
        let most = by_author.into_values().max_by_key(Vec::len).unwrap_or_default();
        let earliest = most.into_iter().min_by_key(|marker| marker.at);
        earliest.map(|marker| MarkerChange::Remove(marker.id.clone())).into_iter().collect()
    }
}

impl FromIterator<Marker> for Markers {
    fn from_iter<I: IntoIterator<Item = Marker>>(markers: I) -> Self {
        Self { all: markers.into_iter().map(|marker| (marker.id.clone(), Arc::new(marker))).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(number: usize, labels: &[(&str, &str)]) -> Marker {
        Marker {
            id: MarkerId::new(format!("m-{number:04}")),
            at: Wall::from_millis(number as i64),
            text: "shop 1.4.2".into(),
            link: String::new(),
            labels: labels.iter().copied().collect(),
            by: "ci".into(),
        }
    }

    #[test]
    fn it_concerns_what_has_each_of_its_labels() {
        let check: Labels = [("team", "shop"), ("site", "oslo")].into_iter().collect();
        assert!(marker(1, &[]).concerns(&check));
        assert!(marker(1, &[("team", "shop")]).concerns(&check));
        assert!(!marker(1, &[("team", "shop"), ("site", "bergen")]).concerns(&check));
        assert!(!marker(1, &[("tier", "1")]).concerns(&check));
    }

    #[test]
    fn who_sets_thousands_pushes_out_nobody_elses() {
        let kari = Marker { by: "kari".into(), ..marker(0, &[]) };
        let mut markers: Markers = (1..MARKERS_MAX).map(|number| marker(number, &[])).chain([kari]).collect();
        for number in MARKERS_MAX..MARKERS_MAX + 10 {
            let room = markers.beyond();
            assert_eq!(room.len(), 1);
            room.iter().for_each(|change| markers.apply(change));
            markers.apply(&MarkerChange::Put(marker(number, &[])));
        }
        assert_eq!(markers.iter().count(), MARKERS_MAX);
        assert!(markers.find(&"m-0000".into()).is_some(), "the earliest of all, and another's");
        assert!(markers.find(&"m-0010".into()).is_none() && markers.find(&"m-0011".into()).is_some());
    }

    #[test]
    fn the_earliest_give_way_and_no_other() {
        let mut markers: Markers = (0..MARKERS_MAX).map(|number| marker(number, &[])).collect();
        assert_eq!(markers.beyond(), [MarkerChange::Remove("m-0000".into())]);
        markers.apply(&MarkerChange::Remove("m-0000".into()));
        assert_eq!(markers.beyond(), []);
        let seen = markers.between(&(Wall::from_millis(3)..Wall::from_millis(6)));
        let ids: Vec<&str> = seen.iter().map(|marker| marker.id.as_str()).collect();
        assert_eq!(ids, ["m-0005", "m-0004", "m-0003"]);
    }
}
