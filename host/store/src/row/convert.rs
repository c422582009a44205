//! Small conversions that several rows share.

use watchkeep_core::labels::Labels;

/// Labels, ordered by name.
pub(super) type LabelsRow<'a> = Vec<(&'a str, &'a str)>;

pub(super) fn labels_row(labels: &Labels) -> LabelsRow<'_> {
    labels.iter().collect()
}

pub(super) fn labels(row: LabelsRow<'_>) -> Labels {
    row.into_iter().collect()
}

pub(super) fn rows<'a, C, R: From<&'a C>>(all: &'a [C]) -> Vec<R> {
    all.iter().map(R::from).collect()
}

pub(super) fn cores<R, C: From<R>>(all: Vec<R>) -> Vec<C> {
    all.into_iter().map(C::from).collect()
}

pub(super) fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}
