//! `[sockets]`, `[roots]`, `[commands.NAME]`: what plugins may reach on this machine, under the operator's names.

use super::shared::HOUR;
use super::{Key, Kind, Section};

pub(crate) const SOCKET: Section = Section {
    header: "[sockets]",
    noun: "a socket",
    doc: "`NAME = { path = \"/run/docker.sock\" }`: stream sockets of this machine. Plugins and grants know them by name: `net_local = [\"NAME\"]` grants a stream, `http_local = [\"NAME GET /containers/\"]` HTTP by method (or `*`) and by the beginning of the path, in whole parts, of which `*` is any one. The host's own control socket is never reached.",
    keys: &[&[Key { name: "path", kind: Kind::Path, default: "", doc: "Required. Where the socket is." }]],
};

pub(crate) const ROOT: Section = Section {
    header: "[roots]",
    noun: "a root",
    doc: "`NAME = { path = \"/var/log\" }`: folders of this machine whose files plugins may read, and never write. `files = [\"NAME\"]` grants all regular files below; neither links nor `..` lead out of it. The host's own data, its config and files with secrets are never read. `/`, `/proc`, `/sys`, `/dev`, what leads there, and folders in which such a file system is mounted are refused: they show memory and environment of every process, the host's own among them. Later mounts and links are checked whenever a file is opened.",
    keys: &[&[Key {
        name: "path",
        kind: Kind::Path,
        default: "",
        doc: "Required. The folder, as a whole path.",
    }]],
};

pub(crate) const COMMAND: Section = Section {
    header: "[commands.NAME]",
    noun: "a command",
    doc: "A program of this machine that plugins may run; `commands = [\"NAME\"]` grants it. There is no shell: the program gets the arguments as written here, an environment with nothing but `env`, and an empty standard input. When its time is over, it is killed with its whole process group.",
    keys: &[&[
        Key {
            name: "program",
            kind: Kind::Path,
            default: "",
            doc: "Required. The program's file, as a whole path.",
        },
        Key {
            name: "args",
            kind: Kind::Texts,
            default: "",
            doc: "Its arguments. `{NAME}` is a hole that the plugin fills, as a whole argument or a part of one; `{{` and `}}` are braces. A value at the beginning of an argument must not begin with `-`, unless `\"--\"` comes before it.",
        },
        Key {
            name: "parameters",
            kind: Kind::TextTable,
            default: "",
            doc: "A regular expression for each hole, which must match the whole value: `{ who = \"[a-z]{1,20}\" }`.",
        },
        Key {
            name: "env",
            kind: Kind::TextTable,
            default: "",
            doc: "The program's whole environment: `{ PATH = \"/usr/bin:/bin\" }`.",
        },
        Key { name: "folder", kind: Kind::Path, default: "/", doc: "Where it is started, as a whole path." },
        Key {
            name: "timeout",
            kind: Kind::Span { min: 1, max: HOUR },
            default: "(what the run has left)",
            doc: "The program is killed after this time.",
        },
        Key {
            name: "output_max",
            kind: Kind::Size { min: 0, max: 4 << 20 },
            default: "64KiB",
            doc: "How much of each of its two outputs is kept; the rest is left out.",
        },
    ]],
};
