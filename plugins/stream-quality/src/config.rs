//! What an operator writes for a camera.

use std::time::Duration;

use watchkeep_sdk::config::{Band, Place, Problems};
use watchkeep_sdk::picture::{Access, MASKS_MAX, Mask, Series, is_without_login};

const LISTEN_MIN: Duration = Duration::from_secs(1);
const LISTEN_MAX: Duration = Duration::from_secs(30);
const LENS_BYTES_MAX: usize = 100;

/// Judges whether a camera's picture can be used.
#[derive(watchkeep_sdk::Config)]
#[config(check = Quality::consistent)]
pub struct Quality {
    /// The URL of the picture, JPEG or PNG; or leave it out and give a `stream` or a `series`.
    #[config(grants = "http", example = "http://camera.example.com/snapshot.jpg")]
    pub(crate) camera: Option<String>,
    /// A stream of JPEGs over HTTP (MJPEG), in place of `camera`.
    pub(crate) stream: Option<Stream>,
    /// The pictures that another check keeps, in place of `camera`.
    pub(crate) series: Option<Series>,
    #[config(flatten)]
    pub(crate) access: Access,
    /// Parts of the picture that are left out, such as a written time.
    pub(crate) masks: Option<Vec<Mask>>,
    #[config(flatten)]
    pub limits: Limits,
    /// A name for camera and lens. Another name learns anew what is usual.
    #[config(default = "", example = "replaced in May")]
    pub(crate) lens: String,
}

/// A stream of JPEGs over HTTP, and what is expected of it.
#[derive(watchkeep_sdk::Config)]
#[config(check = Stream::consistent)]
pub(crate) struct Stream {
    /// The URL of the stream.
    #[config(grants = "http", example = "http://camera.example.com/video.mjpg")]
    pub(crate) url: String,
    /// How long to receive it, connecting included: 1 to 30 seconds.
    #[config(default = "3s")]
    pub(crate) listen: Duration,
    /// Thresholds for the frame rate, in pictures per second.
    pub(crate) frame_rate: Option<Band>,
    /// Thresholds for the bitrate, in kbit/s.
    pub(crate) bitrate: Option<Band>,
}

/// When a picture is no longer good.
#[derive(watchkeep_sdk::Config, Clone, Debug)]
#[config(check = Limits::consistent)]
pub struct Limits {
    /// A part of the picture is dark if red, green and blue are below this percentage of white.
    #[config(default = 12, min = 1, max = 50, example = 8)]
    pub dark: f64,
    /// If more than this percentage of the picture is dark, it is a warning.
    #[config(default = 97, min = 0, max = 100, example = 90)]
    pub black_warning: f64,
    /// If more than this percentage of the picture is dark, it is critical; 100 turns it off.
    #[config(default = 99.5, min = 0, max = 100, example = 98)]
    pub black_critical: f64,
    /// A part of the picture is over-exposed if it is brighter than this percentage of white.
    #[config(default = 97, min = 50, max = 100, example = 99)]
    pub bright: f64,
    /// If more than this percentage of the picture is over-exposed, it is a warning.
    #[config(default = 50, min = 0, max = 100, example = 30)]
    pub white_warning: f64,
    /// If more than this percentage of the picture is over-exposed, it is critical; 100 turns it off.
    #[config(default = 85, min = 0, max = 100, example = 70)]
    pub white_critical: f64,
    /// If more than this percentage of the picture has one colour, it is a warning.
    #[config(default = 85, min = 20, max = 100, example = 80)]
    pub uniform_warning: f64,
    /// If more than this percentage of the picture has one colour, it is critical: there is no signal. 100 turns it off.
    #[config(default = 95, min = 20, max = 100, example = 90)]
    pub uniform_critical: f64,
    /// A contrast below this percentage, from the darkest to the brightest twentieth of the picture, is a warning.
    #[config(default = 15, min = 0, max = 100, example = 20)]
    pub contrast_warning: f64,
    /// A contrast below this percentage is critical.
    #[config(default = 6, min = 0, max = 100, example = 10)]
    pub contrast_critical: f64,
    /// A sharpness below this percentage is a warning, whatever was learned.
    #[config(default = 30, min = 0, max = 100, example = 35)]
    pub sharpness_warning: f64,
    /// A sharpness below this percentage is critical, whatever was learned.
    #[config(default = 20, min = 0, max = 100, example = 15)]
    pub sharpness_critical: f64,
    /// A sharpness below this percentage of what was learned is a warning.
    #[config(default = 80, min = 0, max = 100, example = 70)]
    pub learned_warning: f64,
    /// A sharpness below this percentage of what was learned is critical.
    #[config(default = 50, min = 0, max = 100, example = 60)]
    pub learned_critical: f64,
    /// If the colours are off from what was learned by more than this percentage of the light, it is a warning.
    #[config(default = 15, min = 0, max = 100, example = 25)]
    pub cast_warning: f64,
    /// If the colours are off from what was learned by more than this percentage of the light, it is critical.
    #[config(min = 0, max = 100, example = 40)]
    pub cast_critical: Option<f64>,
    /// If nine tenths of the picture are off to the same colour by more than this percentage of the light, it is a warning,
    /// whatever was learned. For scenes that have something grey in them.
    #[config(min = 0, max = 200, example = 20)]
    pub cast_absolute: Option<f64>,
    /// Pictures that have been the same for longer are critical: the camera is frozen. `0s` turns it off.
    #[config(default = "5m")]
    pub frozen_after: Duration,
    /// How many pictures have to be the same for that.
    #[config(default = 3, min = 2, max = 1000)]
    pub frozen_pictures: u32,
    /// The width that the picture has to have, in pixels; another is a warning.
    #[config(min = 64, max = 16384, example = 1920)]
    pub width: Option<u32>,
    /// The height that the picture has to have, in pixels; another is a warning.
    #[config(min = 64, max = 16384, example = 1080)]
    pub height: Option<u32>,
    /// A picture of fewer pixels in width is critical.
    #[config(min = 64, max = 16384, example = 1280)]
    pub width_min: Option<u32>,
    /// A picture of fewer pixels in height is critical.
    #[config(min = 64, max = 16384, example = 720)]
    pub height_min: Option<u32>,
}

impl Quality {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let sources = [
            (self.camera.is_some(), "camera"),
            (self.stream.is_some(), "stream"),
            (self.series.is_some(), "series"),
        ];
        let mut given = sources.into_iter().filter(|(is_given, _)| *is_given).map(|(_, key)| key);
        match (given.next(), given.next()) {
            (None, _) => {
                problems.add::<()>(place, "there is no picture; hint: add `camera`, `stream` or `series`");
            }
            (Some(first), Some(second)) => {
                let message = format!("stands beside `{first}`; hint: leave out one of them");
                problems.add::<()>(&place.key(second), message);
            }
            (Some(_), None) => {}
        }
        if let Some(camera) = &self.camera {
            is_without_login(camera, &place.key("camera"), problems);
        }
        if self.series.is_some() {
            self.access.is_unused(place, problems);
        }
        if self.masks.as_ref().is_some_and(|masks| masks.len() > MASKS_MAX) {
            problems.add::<()>(&place.key("masks"), format!("has at most {MASKS_MAX} of them"));
        }
        if self.lens.len() > LENS_BYTES_MAX || self.lens.chars().any(char::is_control) {
            let message = format!("has at most {LENS_BYTES_MAX} bytes, without control characters");
            problems.add::<()>(&place.key("lens"), message);
        }
    }
    pub(crate) fn masks(&self) -> &[Mask] {
        self.masks.as_deref().unwrap_or_default()
    }
}

impl Stream {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        is_without_login(&self.url, &place.key("url"), problems);
        if !(LISTEN_MIN..=LISTEN_MAX).contains(&self.listen) {
            problems.add::<()>(&place.key("listen"), "must be from 1s to 30s");
        }
    }
}

impl Limits {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let above = [
            ("black", self.black_warning, Some(self.black_critical)),
            ("white", self.white_warning, Some(self.white_critical)),
            ("uniform", self.uniform_warning, Some(self.uniform_critical)),
            ("cast", self.cast_warning, self.cast_critical),
        ];
        let below = [
            ("contrast", self.contrast_warning, self.contrast_critical),
            ("sharpness", self.sharpness_warning, self.sharpness_critical),
            ("learned", self.learned_warning, self.learned_critical),
        ];
        for (what, warning, critical) in above {
            if critical.is_some_and(|critical| critical < warning) {
                let message = format!("must not be less than `{what}_warning`");
                problems.add::<()>(&place.key(&format!("{what}_critical")), message);
            }
        }
        for (what, warning, critical) in below {
            if critical > warning {
                let message = format!("must not be more than `{what}_warning`");
                problems.add::<()>(&place.key(&format!("{what}_critical")), message);
            }
        }
        for (what, wanted, least) in
            [("width", self.width, self.width_min), ("height", self.height, self.height_min)]
        {
            if let (Some(wanted), Some(least)) = (wanted, least)
                && least > wanted
            {
                let message = format!("must not be more than `{what}`");
                problems.add::<()>(&place.key(&format!("{what}_min")), message);
            }
        }
    }
}
