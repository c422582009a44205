//! A program of the Nagios convention that says what it is told to, and ends with the status that it is told:
//! `says STATUS TEXT [COMPLAINT]`, `says flood`, `says panic`, `says input` (what it was given to read).

use std::io::{Read, Write};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("flood") => {
            let line = "x".repeat(1 << 10);
            for _ in 0..1_024 {
                println!("{line}");
            }
        }
        Some("input") => {
            let mut input = Vec::new();
            std::io::stdin().read_to_end(&mut input).unwrap();
            println!("{} bytes, {} variables", input.len(), std::env::vars().count());
        }
        Some("panic") => panic!("the sky fell"),
        Some(status) => {
            print!("{}", arguments.get(1).map_or("", String::as_str));
            eprint!("{}", arguments.get(2).map_or("", String::as_str));
            std::io::stdout().flush().unwrap();
            std::process::exit(status.parse().unwrap());
        }
        None => {}
    }
}
