//! Every page, examined with axe-core: what keeps people from reading or using it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use watchkeep_end_to_end::{Device, Look, Page};

use super::stage::Stage;

/// The program of axe-core, installed if it is missing.
async fn axe() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools");
    let installing = tokio::task::spawn_blocking(move || {
        Command::new(root.join("tests/axe/install.sh")).env("WATCHKEEP_TOOLS", tools).output().unwrap()
    });
    let output = installing.await.unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "axe-core is not installed; hint: tests/prepare.sh test\n{complaint}");
    std::fs::read_to_string(String::from_utf8_lossy(&output.stdout).trim()).unwrap()
}

/// What is serious or worse, one line each.
async fn found(page: &Page<'_>) -> Vec<String> {
    let run = "axe.run(document, { preload: false, resultTypes: ['violations'] }).then((found) => found.violations\
               .filter((it) => ['serious', 'critical'].includes(it.impact))\
               .flatMap((it) => it.nodes.map((node) => `${it.id} (${it.impact}): ${node.html.slice(0, 200)} ${node.any.map((why) => why.message).join('; ')}`)))";
    let found = page.is(run).await;
    let lines = found.as_array().expect("it is a list").iter();
    lines.map(|line| line.as_str().expect("it is a text").to_owned()).collect()
}

/// Everything that is folded is open: what is in it counts as well.
const UNFOLD: &str = "document.querySelectorAll('details').forEach((details) => { details.open = true })";

#[tokio::test]
async fn no_page_keeps_people_from_reading_or_using_it_on_a_desktop() {
    examine_all(Device::Desktop).await;
}

#[tokio::test]
async fn no_page_keeps_people_from_reading_or_using_it_on_a_phone() {
    examine_all(Device::Phone).await;
}

async fn examine_all(device: Device) {
    let axe = axe().await;
    let stage = Stage::calm().await;
    stage.break_shop().await;
    let mut problems: Vec<String> = Vec::new();
    let nobody = stage.browser.open("about:blank").await;
    nobody.on(device).await;
    examine(&axe, &nobody, &stage.at("/login"), &mut problems).await;
    // That it finds something shows that it looks.
    nobody.is("document.querySelector('main').append(document.createElement('button'))").await;
    let bare = found(&nobody).await;
    assert!(bare.iter().any(|it| it.starts_with("button-name")), "{bare:?}");
    let page = stage.signed_in(device).await;
    for path in stage.pages(&page).await {
        examine(&axe, &page, &stage.at(&path), &mut problems).await;
    }
    // What only a key opens.
    page.go(&stage.at("/")).await;
    page.press("?").await;
    page.until("document.getElementById('keys').open").await;
    page.is(&axe).await;
    problems.extend(found(&page).await);
    assert!(problems.is_empty(), "{} findings:\n{}", problems.len(), problems.join("\n"));
}

async fn examine(axe: &str, page: &Page<'_>, url: &str, problems: &mut Vec<String>) {
    page.go(url).await;
    page.is(axe).await;
    page.is(UNFOLD).await;
    for look in Look::BOTH {
        page.look(look).await;
        let path = page.is("location.pathname + location.search").await;
        let path = path.as_str().unwrap_or_default();
        for problem in found(page).await {
            problems.push(format!("{path}, {}: {problem}", look.name()));
        }
    }
    let title: Value = page.is("document.title").await;
    // Outside, nobody is told what runs inside.
    let name = if url.contains("/status/") { "Acme" } else { "Watchkeep" };
    assert!(title.as_str().is_some_and(|title| title.contains(name)), "{title}");
}
