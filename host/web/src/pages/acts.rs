//! What forms do: the same as the API's writes, and then back to the page they came from. A request must have an
//! `Origin`, or it does not come from one of our pages: behind a proxy that adds the token, that is what keeps forms of
//! other sites out.

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use watchkeep_core::ids::CheckName;
use watchkeep_core::input::Command;
use watchkeep_core::window::WindowKind;

use crate::api::actions::{self, Act, Decide};
use crate::api::body::{Span, by, whole};
use crate::api::commands::{known, receiver};
use crate::api::deliveries::delivery_id;
use crate::api::query::Named;
use crate::api::snapshots::accept_one;
use crate::api::take::{self, Acknowledge, HandOver, Subject, Unacknowledge};
use crate::caller::Writer;
use crate::plugin::PluginOrder;
use crate::problem::Problem;
use crate::router::{App, State};
use crate::windows::{end, find};

/// The fields of a form, and the page that it is on.
pub(crate) struct Form {
    fields: Vec<(String, String)>,
    back: String,
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let headers = request.headers();
        let same_site = headers.get(HeaderName::from_static("sec-fetch-site"));
        if !headers.contains_key(header::ORIGIN) && same_site.is_none_or(|site| site != "same-origin") {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "foreign-origin",
                "a form must say which page it stands on; hint: programs write through `/api/v1`",
            ));
        }
        let back = back(headers);
        let fields = form_urlencoded::parse(&whole(request.into_body()).await?).into_owned().collect();
        Ok(Self { fields, back })
    }
}

impl Form {
    /// The value of a field; `None` if it is missing or empty.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }
    /// A password, with the blanks around it; empty if it is missing.
    pub(super) fn secret(&self, name: &str) -> &str {
        self.fields.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value)
    }
    /// The values of a field that is there several times, as they were sent.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.one(name).map(str::to_owned)
    }
    pub(super) fn span(&self, name: &str) -> Result<Option<Span>, Problem> {
        self.one(name)
            .map(|text| {
                Span::parse(text).ok_or_else(|| {
                    Problem::invalid(format!("`{text}` is not a duration; hint: write it as `2h` or `1h30m`"))
                })
            })
            .transpose()
    }
    /// Goes back to the page with 303, so that the browser follows with a GET and reloading the page repeats nothing.
    pub(super) fn done(&self) -> Response {
        see(&self.back)
    }
}

pub(super) fn see(path: &str) -> Response {
    let path = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/alerts"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response()
}

/// The page to go back to: only a path of this host, because what follows two slashes would be another host.
fn back(headers: &HeaderMap) -> String {
    let path = (|| {
        let referer = headers.get(header::REFERER)?.to_str().ok()?;
        let rest = referer.split_once("://")?.1;
        let path = rest[rest.find('/')?..].split('#').next()?;
        (!path[1..].starts_with(['/', '\\'])).then(|| path.to_owned())
    })();
    path.unwrap_or_else(|| "/alerts".to_owned())
}

pub(crate) async fn acknowledge(
    State(app): State<App>,
    Named(id): Named,
    writer: Writer,
    form: Form,
) -> Result<Response, Problem> {
    acknowledge_all(&app, &Subject::alert(&app, &id)?, &writer, &form).await
}

pub(super) async fn acknowledge_all(
    app: &App,
    subject: &Subject,
    writer: &Writer,
    form: &Form,
) -> Result<Response, Problem> {
    let asked = Acknowledge {
        by: form.text("by"),
        comment: form.text("comment"),
        until: None,
        r#for: form.span("for")?,
        sticky: form.one("sticky").is_some(),
    };
    take::acknowledge(app, subject, writer, &asked).await?;
    Ok(form.done())
}

pub(crate) async fn unacknowledge(
    State(app): State<App>,
    Named(id): Named,
    writer: Writer,
    form: Form,
) -> Result<Response, Problem> {
    give_back_all(&app, &Subject::alert(&app, &id)?, &writer, &form).await
}

pub(super) async fn give_back_all(
    app: &App,
    subject: &Subject,
    writer: &Writer,
    form: &Form,
) -> Result<Response, Problem> {
    let asked = Unacknowledge { by: form.text("by") };
    take::unacknowledge(app, subject, writer, &asked).await?;
    Ok(form.done())
}

pub(crate) async fn hand_over(
    State(app): State<App>,
    Named(id): Named,
    writer: Writer,
    form: Form,
) -> Result<Response, Problem> {
    let asked = HandOver {
        to: form.text("to").unwrap_or_default(),
        by: form.text("by"),
        comment: form.text("comment"),
        due: None,
        due_in: form.span("due_in")?,
    };
    take::hand_over(&app, &Subject::alert(&app, &id)?, &writer, &asked).await?;
    Ok(form.done())
}

/// Ends a window of either kind: no two windows have the same id.
pub(crate) async fn end_window(
    State(app): State<App>,
    Named(id): Named,
    writer: Writer,
    form: Form,
) -> Result<Response, Problem> {
    let window = match find(&app, WindowKind::Silence, &id) {
        Ok(silence) => silence,
        Err(_) => find(&app, WindowKind::Maintenance, &id)?,
    };
    end(&app, &window, by(form.one("by"), &writer)?).await?;
    Ok(form.done())
}

pub(crate) async fn act(
    State(app): State<App>,
    Named(id): Named,
    writer: Writer,
    form: Form,
) -> Result<Response, Problem> {
    let asked = Act {
        action: form.text("action").unwrap_or_default(),
        by: form.text("by"),
        dry_run: form.one("dry_run").is_some(),
    };
    actions::begin(&app, &id, &writer, &asked).await?;
    Ok(form.done())
}

pub(crate) async fn approve(
    State(app): State<App>,
    Named(id): Named,
    writer: Writer,
    form: Form,
) -> Result<Response, Problem> {
    let asked = Decide { by: form.text("by") };
    actions::decide(&app, &id, &writer, &asked, actions::approved).await?;
    Ok(form.done())
}

pub(crate) async fn decline(
    State(app): State<App>,
    Named(id): Named,
    writer: Writer,
    form: Form,
) -> Result<Response, Problem> {
    let asked = Decide { by: form.text("by") };
    actions::decide(&app, &id, &writer, &asked, actions::declined).await?;
    Ok(form.done())
}

pub(crate) async fn accept(
    State(app): State<App>,
    Named(name): Named,
    form: Form,
) -> Result<Response, Problem> {
    accept_one(&app, &name, form.one("series"), form.one("id")).await?;
    Ok(form.done())
}

pub(crate) async fn run(State(app): State<App>, Named(name): Named, form: Form) -> Result<Response, Problem> {
    command(&app, &name, Command::RunNow).await?;
    Ok(form.done())
}

pub(crate) async fn pause(
    State(app): State<App>,
    Named(name): Named,
    form: Form,
) -> Result<Response, Problem> {
    command(&app, &name, Command::Pause).await?;
    Ok(form.done())
}

pub(crate) async fn resume(
    State(app): State<App>,
    Named(name): Named,
    form: Form,
) -> Result<Response, Problem> {
    command(&app, &name, Command::Resume).await?;
    Ok(form.done())
}

async fn command(app: &App, name: &str, command: fn(CheckName) -> Command) -> Result<(), Problem> {
    let name = known(app, name)?.spec.name.clone();
    Ok(app.host.command(command(name)).await?)
}

pub(crate) async fn test_receiver(
    State(app): State<App>,
    Named(name): Named,
    form: Form,
) -> Result<Response, Problem> {
    let name = receiver(&app, &name)?.name.clone();
    app.host.command(Command::TestReceiver(name)).await?;
    Ok(form.done())
}

/// The form names the file and the rights that whoever sent it has seen: the host refuses any other.
pub(crate) async fn approve_plugin(
    State(app): State<App>,
    Named(name): Named,
    form: Form,
) -> Result<Response, Problem> {
    let order = PluginOrder::Approve {
        digest: form.text("digest").unwrap_or_default(),
        rights: form.all("right").map(str::to_owned).collect(),
    };
    app.host.order(name.as_str().into(), order).await?;
    Ok(form.done())
}

pub(crate) async fn roll_back(
    State(app): State<App>,
    Named(name): Named,
    form: Form,
) -> Result<Response, Problem> {
    app.host.order(name.as_str().into(), PluginOrder::RollBack).await?;
    Ok(form.done())
}

pub(crate) async fn retry(State(app): State<App>, Named(id): Named, form: Form) -> Result<Response, Problem> {
    app.host.retry(delivery_id(&id)?).await?;
    Ok(form.done())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_back_to_a_page_of_this_host_or_to_the_alerts() {
        let goes = |referer: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::REFERER, HeaderValue::from_static(referer));
            back(&headers)
        };
        assert_eq!(goes("https://watch.example.com/checks/shop?cursor=1#results"), "/checks/shop?cursor=1");
        assert_eq!(goes("https://watch.example.com/"), "/");
        for other in
            ["https://watch.example.com//evil.example/", "https://x/\\evil.example", "nonsense", "https://x"]
        {
            assert_eq!(goes(other), "/alerts", "{other}");
        }
    }
}
