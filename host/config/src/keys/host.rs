//! `[host]`, `[calendars.NAME]`, `[site.NAME]`, `[plugin.NAME]`, `[secrets]`.

use super::limits::{CEILINGS, LIMITS};
use super::oidc::OIDC;
use super::shared::{ALLOW, DAY, LABELS};
use super::{Key, Kind, Named, Section};

pub(crate) const HOST: Section = Section {
    header: "[host]",
    noun: "[host]",
    doc: "The host itself. Relative paths are relative to the folder of the file that names them.",
    keys: &[&[
        Key {
            name: "data_dir",
            kind: Kind::Path,
            default: "data",
            doc: "Database, caches, control socket. One host for one folder.",
        },
        Key {
            name: "listen",
            kind: Kind::Address,
            default: "127.0.0.1:8686",
            doc: "Pages and API. Beyond loopback only with `users = true` or an `admin_token`.",
        },
        Key {
            name: "public_listen",
            kind: Kind::Address,
            default: "",
            doc: "A second address that serves heartbeats, status pages and the pages that messages are answered on, and nothing else: it needs no `admin_token`, and may be open to the world.",
        },
        Key {
            name: "public_url",
            kind: Kind::Url,
            default: "(`external_url`)",
            doc: "How phones reach `public_listen`, or else the pages; links to acknowledge from within a message begin with it.",
        },
        Key {
            name: "tls",
            kind: Kind::Section(&TLS),
            default: "",
            doc: "With it, `listen` speaks HTTPS, and nothing else.",
        },
        Key {
            name: "public_tls",
            kind: Kind::Section(&PUBLIC_TLS),
            default: "",
            doc: "With it, `public_listen` speaks HTTPS, and nothing else. It may name the same files.",
        },
        Key {
            name: "trusted_proxies",
            kind: Kind::Networks,
            default: "",
            doc: "The addresses of reverse proxies, such as `10.0.0.0/8` or `127.0.0.1`. From these alone, `X-Forwarded-For` and `X-Forwarded-Proto` are believed: the client's address is then what limits and audit log go by, and nobody who comes through a proxy counts as being on this machine.",
        },
        Key {
            name: "external_url",
            kind: Kind::Url,
            default: "(`http://` or `https://`, and `listen`)",
            doc: "How people reach the pages; links in notices begin with it.",
        },
        Key {
            name: "plugin_dir",
            kind: Kind::Path,
            default: "plugins",
            doc: "Where plugin files are looked for.",
        },
        Key {
            name: "plugin_settle",
            kind: Kind::Span { min: 1, max: 60_000 },
            default: "300ms",
            doc: "How long a plugin's file must have been quiet before it is loaded.",
        },
        Key {
            name: "plugin_settle_max",
            kind: Kind::Span { min: 1, max: 600_000 },
            default: "2s",
            doc: "A plugin's file that keeps changing is loaded after this time all the same.",
        },
        Key {
            name: "plugin_canary",
            kind: Kind::Span { min: 1, max: DAY },
            default: "5m",
            doc: "How long a new version of a plugin is watched. If it fails where the one before did not, the host goes back to that one.",
        },
        Key {
            name: "include",
            kind: Kind::Texts,
            default: "",
            doc: "Further files, with `*` and `**`; read in the order of their names. Every file may have its own `include`.",
        },
        Key {
            name: "ca_file",
            kind: Kind::Path,
            default: "",
            doc: "Certificates in PEM form that are trusted beside the public roots: those of an authority of your own, or a server's own (`openssl req -x509`).",
        },
        Key {
            name: "private_networks",
            kind: Kind::Networks,
            default: "",
            doc: "Private networks, such as `10.0.0.0/8`, into which names may lead.",
        },
        LABELS,
        Key {
            name: "admin_token",
            kind: Kind::SecretReference,
            default: "",
            doc: "A token that may do everything. Once there is one, or a user, nothing is answered without signing in or a token.",
        },
        Key {
            name: "users",
            kind: Kind::Flag,
            default: "false",
            doc: "People sign in with names and passwords even before there is a user: the first start then makes one, `admin`, and prints a one-time password.",
        },
        Key {
            name: "oidc",
            kind: Kind::Section(&OIDC),
            default: "",
            doc: "People sign in by way of an OpenID Connect provider.",
        },
        Key {
            name: "concurrency",
            kind: Kind::Count { min: 1, max: 100_000 },
            default: "1024",
            doc: "Runs under way at once.",
        },
        Key {
            name: "ceilings",
            kind: Kind::Section(&CEILINGS),
            default: "",
            doc: "What no plugin's limits may exceed.",
        },
        Key {
            name: "results_keep",
            kind: Kind::Span { min: DAY / 24, max: 3_660 * DAY },
            default: "90d",
            doc: "How long results are kept. Each is removed within a day after that; what it said stays in the figures below.",
        },
        Key {
            name: "five_minutes_keep",
            kind: Kind::Span { min: DAY, max: 3_660 * DAY },
            default: "14d",
            doc: "How long figures of five minutes are kept: of each check and metric the lowest, highest, mean and percentiles, and how runs ended. Charts of a day are made of them.",
        },
        Key {
            name: "hours_keep",
            kind: Kind::Span { min: DAY, max: 36_600 * DAY },
            default: "180d",
            doc: "How long figures of an hour are kept, for charts of weeks.",
        },
        Key {
            name: "days_keep",
            kind: Kind::Span { min: DAY, max: 36_600 * DAY },
            default: "1100d",
            doc: "How long figures of a day are kept, for charts of a year and more.",
        },
        Key {
            name: "transitions_keep",
            kind: Kind::Span { min: DAY, max: 36_600 * DAY },
            default: "1100d",
            doc: "How long changes of state are kept: availability is computed from them.",
        },
        Key {
            name: "snapshots_keep",
            kind: Kind::Span { min: DAY / 24, max: 3_660 * DAY },
            default: "30d",
            doc: "How long attachments of reports, such as pictures of cameras, are kept.",
        },
        Key {
            name: "snapshots_max",
            kind: Kind::Size { min: 16 << 20, max: 1 << 50 },
            default: "10GiB",
            doc: "How much disk space attachments may take; the oldest are removed first.",
        },
        Key {
            name: "snapshots_each",
            kind: Kind::Count { min: 1, max: 1_000_000 },
            default: "10000",
            doc: "How many attachments are kept of one check and series; the oldest are removed first.",
        },
        Key {
            name: "database_max",
            kind: Kind::Size { min: 16 << 20, max: 1 << 50 },
            default: "",
            doc: "How large the database may become. At 90 % of it, and when the disk of `data_dir` is 90 % full, an alert with `problem=\"space\"` says so; nothing is removed before its time.",
        },
        Key {
            name: "store_cache",
            kind: Kind::Size { min: 1 << 20, max: 64 << 30 },
            default: "48MiB",
            doc: "The database's cache.",
        },
        Key {
            name: "dead_man_signal",
            kind: Kind::Section(&DEAD_MAN_SIGNAL),
            default: "",
            doc: "A dead-man signal: requests to a service elsewhere, which alerts when they stop.",
        },
    ]],
};

pub(crate) const TLS: Section = Section {
    header: "[host.tls]",
    noun: "[host.tls]",
    doc: "The host's own certificate, for TLS 1.2 and 1.3. Both files are read again when they change; a pair that is no good is not taken, and the log says why.",
    keys: &[TLS_FILES],
};

pub(crate) const PUBLIC_TLS: Section = Section {
    header: "[host.public_tls]",
    noun: "[host.public_tls]",
    doc: "The certificate of `public_listen`.",
    keys: &[TLS_FILES],
};

const TLS_FILES: &[Key] = &[
    Key {
        name: "certificate",
        kind: Kind::Path,
        default: "",
        doc: "Required. A file in PEM form: the certificate, and below it those that lead to its authority.",
    },
    Key {
        name: "key",
        kind: Kind::Path,
        default: "",
        doc: "Required. A file in PEM form: its private key, without a pass phrase. A key that everybody on the machine can read is refused.",
    },
];

pub(crate) const DEAD_MAN_SIGNAL: Section = Section {
    header: "[host.dead_man_signal]",
    noun: "[host.dead_man_signal]",
    doc: "While the host works, it requests this URL, so that a heartbeat service elsewhere can tell when that stops.",
    keys: &[&[
        Key {
            name: "url",
            kind: Kind::TextOrSecret,
            default: "",
            doc: "Required. A URL, or `{ secret = \"NAME\" }` for a secret that is one.",
        },
        Key {
            name: "interval",
            kind: Kind::Span { min: 1_000, max: DAY },
            default: "1m",
            doc: "From one request to the next.",
        },
    ]],
};

pub(crate) const CALENDAR: Section = Section {
    header: "[calendars.NAME]",
    noun: "a calendar",
    doc: "Opening hours. The calendar `always` is always open and cannot be defined.",
    keys: &[&[
        Key {
            name: "time_zone",
            kind: Kind::Zone,
            default: "(that of `[defaults]`)",
            doc: "The IANA name of its zone.",
        },
        Key {
            name: "hours",
            kind: Kind::Hours,
            default: "",
            doc: "Days to hours: `{ mon-fri = [\"08:00-18:00\"], sat = [\"22:00-06:00\"] }`. `24:00` is the day's end; hours may run into the next day. A day that is not named is closed.",
        },
        Key {
            name: "holidays",
            kind: Kind::Holidays,
            default: "",
            doc: "Dates on which it is closed, as a list or as the name of an iCalendar file (`.ics`) of all-day events, which may recur. `watchkeep calendar show NAME` prints the result.",
        },
        Key {
            name: "exceptions",
            kind: Kind::Exceptions,
            default: "",
            doc: "Dates to hours, which replace that day's hours and take precedence over `holidays`: `{ 2026-12-24 = [\"08:00-12:00\"] }`. An empty list is closed.",
        },
    ]],
};

pub(crate) const SITE: Section = Section {
    header: "[site.NAME]",
    noun: "a site",
    doc: "A place with opening hours.",
    keys: &[&[
        Key {
            name: "calendar",
            kind: Kind::Name(Named::Calendar),
            default: "always",
            doc: "Its opening hours. Its checks run in these, unless they have `run_hours`.",
        },
        Key {
            name: "notify_hours",
            kind: Kind::Name(Named::Calendar),
            default: "(that of `[defaults]`)",
            doc: "When notices about its checks may go out, unless they have `notify_hours`.",
        },
        LABELS,
    ]],
};

pub(crate) const PLUGIN: Section = Section {
    header: "[plugin.NAME]",
    noun: "a plugin",
    doc: "Settings of all checks or receivers of one plugin.",
    keys: &[&[
        ALLOW,
        Key { name: "limits", kind: Kind::Section(&LIMITS), default: "", doc: "What one run may use." },
        Key {
            name: "owner",
            kind: Kind::OneOrMore(Named::Receiver),
            default: "(nobody: routes decide)",
            doc: "Who is told when the plugin itself fails: traps, limits, denials, invalid reports. This uses a route of its own, `owner of NAME`, which waits, repeats and keeps hours as the root does; the tree of routes is not asked. What its checks find, and that one of them is not judged, takes the tree as usual.",
        },
        LABELS,
    ]],
};

pub(crate) const SECRET: Section = Section {
    header: "[secrets]",
    noun: "a secret",
    doc: "`NAME = { file = \"...\" }`. Exactly one of `file`, `env` and `credential`. Newlines at the end are cut off. Secrets are read again at a reload. A secret that is a URL is bound to its own origin. An access key of AWS is written as AWS's credentials file writes it, a client certificate as chain and key in PEM form. Use random secrets of 16 characters or more. One that can be guessed (fewer than 8 bytes, or fewer than 16 that are all letters or all digits) is not hidden from the plugin that attaches it if a server repeats it; `validate` warns of it.",
    keys: &[&[
        Key { name: "file", kind: Kind::Path, default: "", doc: "A file that holds it." },
        Key { name: "env", kind: Kind::Text, default: "", doc: "An environment variable that holds it." },
        Key {
            name: "credential",
            kind: Kind::Text,
            default: "",
            doc: "A credential that systemd passes on (`LoadCredential=`).",
        },
        Key {
            name: "to",
            kind: Kind::Origins,
            default: "(its own origin, if it is a URL)",
            doc: "The origins that it may be sent to.",
        },
    ]],
};
