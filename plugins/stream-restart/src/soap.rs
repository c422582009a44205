//! As much of XML as answers of cameras need: the texts of elements, by their names without prefixes. It never fails: what is not
//! there is not there.

/// Elements that are read at most.
const ELEMENTS_MAX: usize = 10_000;

/// The text right behind the beginning of each element with this name, in order.
pub fn texts<'x>(xml: &'x str, name: &str) -> Vec<&'x str> {
    let mut texts = Vec::new();
    let mut rest = xml;
    for _ in 0..ELEMENTS_MAX {
        let Some(at) = rest.find('<') else { break };
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end..]);
            continue;
        }
        let Some(end) = rest.find('>') else { break };
        let (tag, behind) = (&rest[..end], &rest[end + 1..]);
        rest = behind;
        let called = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        let local = called.rsplit(':').next().unwrap_or_default();
        if local == name && !tag.starts_with('/') {
            texts.push(behind.split('<').next().unwrap_or_default().trim());
        }
    }
    texts
}

/// The first of them.
pub fn text<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    texts(xml, name).into_iter().next()
}

/// The moment in `UTCDateTime`, in milliseconds since the Unix epoch.
pub fn moment(xml: &str) -> Option<u64> {
    // What stands before it may be the local time, of the same form.
    let utc = &xml[xml.find("UTCDateTime")?..];
    let number =
        |name: &str, most: u32| text(utc, name)?.parse::<u32>().ok().filter(|number| *number <= most);
    let (year, month, day) = (number("Year", 9_999)?, number("Month", 12)?, number("Day", 31)?);
    let (hour, minute, second) = (number("Hour", 23)?, number("Minute", 59)?, number("Second", 60)?);
    let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
    watchkeep_sdk::wording::from_rfc3339(&text)
}
