use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::cron::CronSchedule;
use crate::ids::WindowId;
use crate::matcher::Matcher;
use crate::setup::{CheckSpec, Schedule};
use crate::view::CheckStatus;
use crate::window::{When, Window, WindowKind};

fn at(second: i64) -> Wall {
    Wall::from_millis(second * 1000)
}
fn check(name: &str, display: Option<&str>) -> CheckSpec {
    let plain = CheckSpec::plain(name.into(), "http".into(), Schedule::Interval(Duration::from_secs(60)));
    CheckSpec {
        labels: [("team", "web")].into_iter().collect(),
        display: display.map(str::to_owned),
        ..plain
    }
}
fn view(name: &str) -> CheckView {
    CheckView {
        spec: Arc::new(check(name, None)),
        state: State::Ok,
        since: None,
        last: None,
        next_run: None,
        status: CheckStatus::Active,
        skipped: 0,
    }
}
fn window(from: i64, until: i64, announcement: Option<&str>) -> Arc<Window> {
    Arc::new(Window {
        id: WindowId::new("m-1"),
        kind: WindowKind::Maintenance,
        matchers: vec![Matcher::parse("team=\"web\"").unwrap()],
        when: When::Once { from: at(from), until: at(until) },
        author: "ann".into(),
        comment: "rack 7".into(),
        announcement: announcement.map(str::to_owned),
        made_at: at(0),
    })
}
fn page(shows: Shows) -> StatusPageSpec {
    StatusPageSpec {
        name: "acme".into(),
        title: "Acme".into(),
        description: None,
        url: None,
        shows,
        token: None,
        zone: chrono_tz::Tz::UTC,
        latencies: crate::status_page::Latencies::Hidden,
        subscriptions: None,
        letters_after: Duration::from_secs(120),
    }
}

#[test]
fn only_checks_with_a_title_are_shown_and_no_name_is_part_of_an_address() {
    let checks = [
        check("db-internal-7", Some("Shop")),
        check("web-internal-3", Some("Shop")),
        check("secret", None),
        check("odd", Some("\u{2603} !")),
        CheckSpec { enabled: false, ..check("off", Some("Off")) },
    ];
    let checks = checks.into_iter().map(|spec| (spec.name.clone(), Arc::new(spec))).collect();
    let setup = Setup { checks, ..Setup::default() };
    let found = components(&page(Shows::Checks(vec![Matcher::parse("team=\"web\"").unwrap()])), &setup);
    let shown: Vec<_> = found.iter().map(|it| (it.title.as_str(), it.slug.as_str())).collect();
    assert_eq!(shown, [("Shop", "shop"), ("Shop", "shop-2"), ("\u{2603} !", "component")]);
}

#[test]
fn maintenance_is_announced_only_with_a_text_for_the_public() {
    let component =
        Component { title: "Shop".into(), slug: "shop".into(), down_at: None, checks: vec!["a".into()] };
    let view = view("a");
    let find = |_: &CheckName| Some(&view);
    let windows = [
        window(50, 90, None),
        window(200, 300, Some("new disks")),
        window(50, 90, Some("now")),
        window(10, 20, Some("was")),
    ];
    let found = announcements(&windows, std::slice::from_ref(&component), find, (at(15), at(60)));
    let texts: Vec<_> = found.iter().map(|it| (it.text.as_str(), it.occurs, it.about.clone())).collect();
    let about = || vec!["Shop".to_owned()];
    assert_eq!(
        texts,
        [
            ("now", Occurs::Now, about()),
            ("new disks", Occurs::Ahead, about()),
            ("was", Occurs::Over, about())
        ]
    );
    assert!(is_announced(&windows[2..3], &view, at(60)) && !is_announced(&windows[..1], &view, at(60)));
    // One that was called off before it began has no time.
    let off = announcements(
        &[window(60, 60, Some("off"))],
        std::slice::from_ref(&component),
        find,
        (at(15), at(60)),
    );
    assert_eq!(off, []);
}

#[test]
fn recurring_maintenance_is_announced_with_its_next_time() {
    let starts = CronSchedule::parse("0 2 * * *", chrono_tz::Tz::UTC).unwrap();
    let when = When::Recurring { starts, lasts: Duration::from_secs(3600), ended: None };
    let window = Arc::new(Window { when, ..(*window(0, 1, Some("nightly"))).clone() });
    let component =
        Component { title: "Shop".into(), slug: "shop".into(), down_at: None, checks: vec!["a".into()] };
    let view = view("a");
    let at_hour = |hour: i64| {
        let all = [Arc::clone(&window)];
        let found = announcements(
            &all,
            std::slice::from_ref(&component),
            |_| Some(&view),
            (at(0), at(hour * 3600 + 60)),
        );
        (found[0].from, found[0].until, found[0].occurs)
    };
    assert_eq!(at_hour(1), (at(7200), at(10_800), Occurs::Ahead));
    assert_eq!(at_hour(2), (at(7200), at(10_800), Occurs::Now));
    assert_eq!(at_hour(3), (at(7200 + 86_400), at(10_800 + 86_400), Occurs::Ahead));
}

fn span(from: i64, until: Option<i64>, state: State) -> Span {
    Span { from: Some(at(from)), until: until.map(at), state }
}

#[test]
fn problems_that_touch_are_one_and_its_worst_is_told() {
    let checks = [
        vec![span(10, Some(40), State::Warning)],
        vec![span(20, Some(30), State::Critical), span(90, None, State::Critical)],
        vec![span(30, Some(50), State::Critical)],
    ];
    let found = problems(None, &checks, at(100));
    let degraded = PublicState::Degraded;
    assert_eq!(
        found,
        [
            Problem { began: Some(at(10)), ended: Some(at(50)), worst: degraded },
            Problem { began: Some(at(90)), ended: None, worst: degraded },
        ]
    );
    let all = problems(None, &[vec![span(10, None, State::Critical)]], at(100));
    assert_eq!(all, [Problem { began: Some(at(10)), ended: None, worst: PublicState::Down }]);
    let before = Span { from: None, until: Some(at(5)), state: State::Critical };
    let known = problems(None, &[vec![before]], at(100));
    assert_eq!(known, [Problem { began: None, ended: Some(at(5)), worst: PublicState::Down }]);
    assert_eq!(
        problems(None, &[vec![span(200, None, State::Critical)]], at(100)),
        [],
        "it is still announced"
    );
}

#[test]
fn a_part_that_is_down_does_not_take_the_whole_down() {
    let standings = |states: &[Option<State>]| -> Vec<Standing> {
        states.iter().map(|state| Standing { state: *state, since: None, announced: false }).collect()
    };
    let state = |states: &[Option<State>]| public_state(None, &standings(states));
    assert_eq!(state(&[Some(State::Critical), Some(State::Ok)]), PublicState::Degraded);
    assert_eq!(state(&[Some(State::Critical), None]), PublicState::Down);
    assert_eq!(state(&[None]), PublicState::Unknown);
    assert_eq!(state(&[]), PublicState::Unknown);
    assert_eq!(page_state([]), PublicState::Unknown);
    assert_eq!(page_state([PublicState::Operational, PublicState::Unknown]), PublicState::Unknown);
}

fn any_standing() -> impl Strategy<Value = Standing> {
    let states = vec![State::Ok, State::Warning, State::Critical, State::Unknown];
    (of(select(states)), any::<bool>()).prop_map(|(state, announced)| Standing {
        state,
        since: Some(at(5)),
        announced,
    })
}

proptest! {
    /// Nothing is called well that is not, nothing in announced maintenance alarms anybody, and no order matters.
    #[test]
    fn a_component_is_what_its_checks_outside_maintenance_say(
        checks in vec(any_standing(), 0..6),
        down_at in of(1_u32..4),
    ) {
        let down_at = down_at.and_then(NonZeroU32::new);
        let state = public_state(down_at, &checks);
        let mut turned = checks.clone();
        turned.reverse();
        prop_assert_eq!(state, public_state(down_at, &turned));
        let outside: Vec<State> =
            checks.iter().filter(|check| !check.announced).filter_map(|check| check.state).collect();
        let announced = checks.iter().any(|check| check.announced);
        match state {
            PublicState::Down => prop_assert!(outside.contains(&State::Critical)),
            PublicState::Degraded => prop_assert!(outside.iter().any(|state| *state != State::Ok)),
            PublicState::Maintenance => prop_assert!(
                announced && !outside.contains(&State::Critical) && !outside.contains(&State::Warning)
            ),
            PublicState::Unknown => prop_assert!(outside.iter().all(|state| *state == State::Unknown)),
            PublicState::Operational => {
                prop_assert!(!announced && !outside.is_empty());
                prop_assert!(outside.iter().all(|state| *state == State::Ok));
            }
        }
        let told = since(state, &checks).is_some();
        prop_assert_eq!(told, matches!(state, PublicState::Down | PublicState::Degraded));
        // Whatever the checks in maintenance say changes nothing.
        let mut other = checks.clone();
        other.iter_mut().filter(|check| check.announced).for_each(|check| check.state = Some(State::Critical));
        prop_assert_eq!(state, public_state(down_at, &other));
        // One more that is down makes nothing better.
        other.push(Standing { state: Some(State::Critical), since: None, announced: false });
        let worse = public_state(down_at, &other);
        prop_assert!(worse <= PublicState::Degraded || down_at.is_some_and(|at| at.get() > 1), "{:?}", worse);
    }
}
