//! What an operator writes for a camera.

use std::time::Duration;

use watchkeep_sdk::config::{Place, Problems};
use watchkeep_sdk::picture::{Access, MASKS_MAX, Mask, Series, is_without_login};

/// Compares a camera's picture with the accepted one and with that of the day before.
#[derive(watchkeep_sdk::Config)]
#[config(check = Compare::consistent)]
pub struct Compare {
    /// The URL of the picture, JPEG or PNG; or leave it out and name a `series`.
    #[config(grants = "http", example = "http://camera.example.com/snapshot.jpg")]
    pub(crate) camera: Option<String>,
    /// The pictures that another check keeps, in place of a URL.
    pub(crate) series: Option<Series>,
    #[config(flatten)]
    pub(crate) access: Access,
    /// Parts of the picture that always move, such as a written time, a street, or trees. They are not compared.
    pub(crate) masks: Option<Vec<Mask>>,
    #[config(flatten)]
    pub limits: Limits,
    /// How long before this run the previous picture was taken: pictures of the same hour have similar light.
    #[config(default = "24h")]
    pub(crate) previous: Duration,
    /// How far the previous picture's time may be from that.
    #[config(default = "1h")]
    pub(crate) previous_within: Duration,
}

/// How much may differ from the reference.
#[derive(watchkeep_sdk::Config, Clone, Debug)]
#[config(check = Limits::consistent)]
pub struct Limits {
    /// A picture that is shifted by more than this percentage of its width is a warning.
    #[config(default = 1.5, min = 0.5, max = 100, example = 3)]
    pub shift_warning: f64,
    /// A picture that is shifted by more than this percentage of its width is critical.
    #[config(default = 10, min = 0.5, max = 100, example = 5)]
    pub shift_critical: f64,
    /// A picture that is turned by more degrees is a warning.
    #[config(default = 1.5, min = 0.5, max = 180, example = 3)]
    pub rotation_warning: f64,
    /// A picture that is turned by more degrees is critical.
    #[config(default = 10, min = 0.5, max = 180, example = 5)]
    pub rotation_critical: f64,
    /// A picture that is larger or smaller by more than this percentage is a warning.
    #[config(default = 4, min = 1, max = 100, example = 8)]
    pub zoom_warning: f64,
    /// A picture that is larger or smaller by more than this percentage is critical.
    #[config(default = 20, min = 1, max = 100, example = 15)]
    pub zoom_critical: f64,
    /// More changed parts than this percentage of the picture are a warning.
    #[config(default = 20, min = 0, max = 100, example = 40)]
    pub changed_warning: f64,
    /// More changed parts than this percentage of the picture are critical.
    #[config(default = 60, min = 0, max = 100, example = 80)]
    pub changed_critical: f64,
    /// If structure is gone from more than this percentage of the parts that had it, it is a warning: something covers the
    /// lens.
    #[config(default = 30, min = 0, max = 100, example = 50)]
    pub obstructed_warning: f64,
    /// If structure is gone from more than this percentage of the parts that had it, it is critical.
    #[config(default = 60, min = 0, max = 100, example = 80)]
    pub obstructed_critical: f64,
    /// A picture less sharp than this percentage of the reference is a warning.
    #[config(default = 40, min = 0, max = 100, example = 25)]
    pub sharpness_warning: f64,
    /// A picture less sharp than this percentage of the reference is critical.
    #[config(min = 0, max = 100, example = 10)]
    pub sharpness_critical: Option<f64>,
    /// A picture darker than this percentage of white, in which nothing can be made out, is not judged.
    #[config(default = 5, min = 0, max = 100, example = 2)]
    pub dark: f64,
}

impl Compare {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        match (&self.camera, &self.series) {
            (None, None) => {
                problems
                    .add::<()>(place, "there is no picture; hint: add `camera`, or `series` with a check");
            }
            (Some(_), Some(_)) => {
                problems
                    .add::<()>(&place.key("series"), "stands beside `camera`; hint: leave out one of them");
            }
            (Some(camera), None) => is_without_login(camera, &place.key("camera"), problems),
            (None, Some(_)) => self.access.is_unused(place, problems),
        }
        if self.previous < self.previous_within {
            let message = "must not be less than `previous_within`: a picture would be compared with itself";
            problems.add::<()>(&place.key("previous"), message);
        }
        if self.masks.as_ref().is_some_and(|masks| masks.len() > MASKS_MAX) {
            problems.add::<()>(&place.key("masks"), format!("has at most {MASKS_MAX} of them"));
        }
    }
}

impl Limits {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let pairs = [
            ("shift", self.shift_warning, self.shift_critical),
            ("rotation", self.rotation_warning, self.rotation_critical),
            ("zoom", self.zoom_warning, self.zoom_critical),
            ("changed", self.changed_warning, self.changed_critical),
            ("obstructed", self.obstructed_warning, self.obstructed_critical),
        ];
        for (what, warning, critical) in pairs {
            if critical < warning {
                let message = format!("must not be less than `{what}_warning`");
                problems.add::<()>(&place.key(&format!("{what}_critical")), message);
            }
        }
        if self.sharpness_critical.is_some_and(|critical| critical > self.sharpness_warning) {
            let message = "must not be more than `sharpness_warning`";
            problems.add::<()>(&place.key("sharpness_critical"), message);
        }
    }
}
