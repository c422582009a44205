//! Every page on a small screen: nothing is cut off at the side, and whatever is to be touched is large enough for a finger.

use std::collections::{BTreeMap, BTreeSet};

use watchkeep_end_to_end::{Device, Page};

use super::stage::{Stage, shoot};

const UNFOLD: &str = "document.querySelectorAll('details').forEach((details) => { details.open = true })";

/// What reaches beyond the side of the screen, and is not meant to be moved by itself.
const WIDE: &str = "(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const scrolls = (node) => node && (['auto', 'scroll', 'hidden'].includes(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
    return [...document.body.querySelectorAll('*')]
        .filter((node) => node.getBoundingClientRect().right > width + 0.5 && !scrolls(node.parentElement))
        .map((node) => `${node.outerHTML.slice(0, 120)} reaches to ${node.getBoundingClientRect().right}`)
        .concat([`${document.documentElement.scrollWidth} wide on ${width}`]);
})()";

/// Buttons, fields and links of a navigation that are smaller than a finger: 44 pixels of CSS each way. A label belongs to its
/// field. What stands within a sentence is as high as its line.
const SMALL: &str = "(() => {
    const nodes = document.querySelectorAll('button, summary.button, nav a, input:not([type=hidden]), select, textarea');
    return [...nodes].filter((node) => node.checkVisibility() && !node.closest('svg')).map((node) => {
        const around = node.matches('[type=checkbox], [type=radio]') ? node.closest('label') || node : node;
        const { width, height } = around.getBoundingClientRect();
        return { width, height, html: node.outerHTML.slice(0, 120) };
    }).filter(({ width, height }) => width > 0 && (height < 43.5 || width < 43.5))
        .map(({ width, height, html }) => `${Math.round(width)} x ${Math.round(height)}: ${html}`);
})()";

/// Words that do not fit into what they stand in, and so lie over what is beside it.
const SPILT: &str = "[...document.querySelectorAll('nav a, button, summary.button, .tag, .state')]
    .filter((node) => node.checkVisibility() && !node.closest('.out-of-sight') && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline')
    .map((node) => `${node.scrollWidth} in ${node.clientWidth}: ${node.outerHTML.slice(0, 120)}`)";

async fn lines(page: &Page<'_>, expression: &str) -> Vec<String> {
    let found = page.is(expression).await;
    found.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_page_fits_a_small_phone_and_a_finger() {
    let stage = Stage::calm().await;
    stage.break_shop().await;
    let page = stage.signed_in(Device::SmallPhone).await;
    // What was found, and where.
    let mut problems: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in stage.pages(&page).await {
        page.go(&stage.at(&path)).await;
        let name = path.trim_matches('/').replace(['/', '?', '='], "-");
        let name = match &*path {
            "/" => "overview",
            // Ids differ from run to run.
            path if path.starts_with("/alerts/") => "alert",
            _ => &name,
        };
        for device in [Device::Desktop, Device::Phone] {
            page.on(device).await;
            shoot(&page, device, &format!("page-{name}")).await;
        }
        page.is(UNFOLD).await;
        for device in [Device::Phone, Device::SmallPhone] {
            page.on(device).await;
            let (wide, small) = (lines(&page, WIDE).await, lines(&page, SMALL).await);
            let wide = wide.into_iter().map(|it| format!("too wide: {it}"));
            let spilt = lines(&page, SPILT).await.into_iter().map(|it| format!("does not fit: {it}"));
            for problem in wide.chain(spilt).chain(small.into_iter().map(|it| format!("too small: {it}"))) {
                problems.entry(problem).or_default().insert(path.clone());
            }
        }
    }
    assert!(problems.is_empty(), "{} findings: {problems:#?}", problems.len());
}

/// The chart of a check: its axis, its line and its table are on the screen.
#[tokio::test]
async fn a_chart_is_whole_on_a_phone() {
    let stage = Stage::set().await;
    let page = stage.signed_in(Device::SmallPhone).await;
    for device in [Device::SmallPhone, Device::Phone] {
        page.on(device).await;
        page.go(&stage.at("/checks/shop?range=hour")).await;
        page.until("document.querySelector('#latency svg.canvas path.line') !== null").await;
        let cut = "[...document.querySelectorAll('#latency svg, #latency svg text, #latency figcaption')]
            .filter((node) => node.checkVisibility() && !node.matches('.glyph, .glyph *'))
            .filter((node) => {
                const box = node.getBoundingClientRect();
                return box.left < -0.5 || box.right > innerWidth + 0.5;
            }).map((node) => node.outerHTML.slice(0, 160))";
        assert_eq!(lines(&page, cut).await, [""; 0], "on a {}", device.name());
        let words = "(() => {
            const boxes = [...document.querySelectorAll('#latency svg.ticks text')].map((node) => node.getBoundingClientRect());
            return boxes.some((a, i) => boxes.some((b, j) => i < j && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom));
        })()";
        assert_eq!(page.is(words).await, false, "words of the axis lie over each other");
        let canvas = page
            .is("document.querySelector('#latency svg.canvas').getBoundingClientRect().width / innerWidth")
            .await;
        assert!(canvas.as_f64().unwrap() > 0.6, "the line has {canvas} of the screen's width");
        shoot(&page, device, "chart").await;
    }
}
