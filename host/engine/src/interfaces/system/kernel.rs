//! What the kernel counts in a line or two: what work waits for, and file handles.

use std::io::ErrorKind;
use std::path::Path;

use super::small;
use super::trouble::Trouble;
use crate::contract::system::{FileHandleUse, Pressures, Stall, Stalls};

pub(super) fn pressure(root: &Path) -> Result<Pressures, Trouble> {
    let of = |what: &str| stalls(&root.join("proc/pressure").join(what));
    Ok(Pressures { cpu: of("cpu")?, memory: of("memory")?, io: of("io")? })
}

fn stalls(path: &Path) -> Result<Stalls, Trouble> {
    let text = small::text(path).map_err(|error| {
        // A kernel that could measure it and was told not to has the file, and does not open it.
        let is_off = error.raw_os_error() == Some(nix::libc::EOPNOTSUPP);
        if !is_off && error.kind() != ErrorKind::NotFound {
            return small::unread(path, &error);
        }
        Trouble::Unsupported(format!(
            "this kernel does not measure what work waits for (`{}`); hint: it has to be built with CONFIG_PSI, and some \
             need `psi=1` on their command line",
            path.display()
        ))
    })?;
    let of = |word: &str| text.lines().find_map(|line| line.strip_prefix(word)).map(stall);
    match (of("some "), of("full ")) {
        (Some(Some(some)), None) => Ok(Stalls { some, full: None }),
        (Some(Some(some)), Some(Some(full))) => Ok(Stalls { some, full: Some(full) }),
        (_, _) => Err(small::odd(path)),
    }
}

/// `avg10=0.00 avg60=1.25 avg300=0.30 total=123456`, in percent and microseconds.
fn stall(line: &str) -> Option<Stall> {
    let value = |key: &str| {
        let word = line.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
        word?.parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0)
    };
    let share = |key: &str| value(key).map(|percent| (percent / 100.0).min(1.0));
    Some(Stall {
        avg10: share("avg10")?,
        avg60: share("avg60")?,
        avg300: share("avg300")?,
        total_seconds: value("total")? / 1e6,
    })
}

pub(super) fn file_handles(root: &Path) -> Result<FileHandleUse, Trouble> {
    let path = root.join("proc/sys/fs/file-nr");
    let text = small::text(&path).map_err(|error| small::unread(&path, &error))?;
    let numbers: Option<Vec<u64>> = text.split_whitespace().map(|number| number.parse().ok()).collect();
    match numbers.as_deref() {
        // The second has been 0 since Linux 2.6.
        Some(&[allocated, unused, max]) => {
            Ok(FileHandleUse { allocated: allocated.saturating_sub(unused), max })
        }
        _ => Err(small::odd(&path)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        files.iter().fold(Tree::new(), |tree, (path, text)| tree.with(path, text))
    }

    const SOME: &str = "some avg10=1.50 avg60=25.00 avg300=100.00 total=2500000\n";

    #[test]
    fn pressure_is_told_in_shares_and_seconds() {
        let both = format!("{SOME}full avg10=0.00 avg60=0.25 avg300=0.00 total=1\n");
        let root = tree(&[
            ("proc/pressure/cpu", SOME),
            ("proc/pressure/memory", &both),
            ("proc/pressure/io", &both),
        ]);
        let told = pressure(root.root()).expect("it can be read");
        let some = told.cpu.some;
        assert_eq!((some.avg10, some.avg60, some.avg300, some.total_seconds), (0.015, 0.25, 1.0, 2.5));
        assert!(told.cpu.full.is_none(), "older kernels have no such line");
        assert_eq!(told.io.full.map(|full| full.avg60), Some(0.0025));
    }

    #[test]
    fn a_kernel_without_pressure_is_told_from_one_that_writes_something_else() {
        let told = |text: Option<&str>| {
            let root = match text {
                Some(text) => tree(&[("proc/pressure/cpu", text)]),
                None => tree(&[]),
            };
            pressure(root.root()).expect_err("it cannot be read")
        };
        assert!(matches!(told(None), Trouble::Unsupported(said) if said.contains("CONFIG_PSI")));
        for odd in [
            "",
            "some",
            "some avg10=1 avg60=2 avg300=3\n",
            "some avg10=NaN avg60=2 avg300=3 total=4\n",
            "some avg10=-1 avg60=2 avg300=3 total=4\n",
            "full avg10=1 avg60=2 avg300=3 total=4\n",
            "some avg10=1 avg60=2 avg300=3 total=4\nfull avg10=x\n",
        ] {
            assert!(
                matches!(told(Some(odd)), Trouble::Other(said) if said.contains("pressure/cpu")),
                "{odd}"
            );
        }
        let large = format!("{SOME}{}", "x".repeat(10 << 20));
        let root = tree(&[
            ("proc/pressure/cpu", &large),
            ("proc/pressure/memory", SOME),
            ("proc/pressure/io", SOME),
        ]);
        pressure(root.root()).expect("what is behind does not matter");
    }

    #[test]
    fn file_handles_are_three_numbers() {
        let of = |text: &str| file_handles(tree(&[("proc/sys/fs/file-nr", text)]).root());
        let told = of("1312\t0\t9223372036854775807\n").expect("it is as the kernel writes it");
        assert_eq!((told.allocated, told.max), (1_312, 9_223_372_036_854_775_807));
        for odd in ["", "1 2", "1 2 3 4", "a b c", "-1 0 5", "1 0 99999999999999999999999"] {
            assert!(matches!(of(odd), Err(Trouble::Other(_))), "{odd}");
        }
    }
}
