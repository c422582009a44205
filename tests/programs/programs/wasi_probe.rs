//! Built for WASI: does what `do` says with the standard library, and tells what came of it.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use watchkeep_hostile_programs::field;

fn told<T>(what: &str, result: std::io::Result<T>) -> Report {
    match result {
        Ok(_) => report(State::Ok, format!("{what} is there")),
        // As careless libraries do.
        Err(error) => report(State::Critical, format!("{what} is down: {error}")),
    }
}

watchkeep_hostile_programs::check!("wasi-probe", |run| {
    Ok(match field(&run.config, "do") {
        "print" => {
            println!("one line\nand another");
            eprintln!("a complaint");
            print!("without an end");
            std::io::stdout().flush().unwrap();
            report(State::Ok, "printed")
        }
        "flood" => {
            for line in 0..5_000 {
                println!("line {line}");
            }
            println!("{}", "x".repeat(1 << 20));
            report(State::Ok, "printed")
        }
        "sleep" => {
            std::thread::sleep(Duration::from_secs(3_600));
            report(State::Ok, "awake")
        }
        "exit" => std::process::exit(2),
        "panic" => panic!("the sky fell"),
        "files" => {
            let read = std::fs::read("/etc/passwd").is_ok() || std::fs::read_dir(".").is_ok();
            let written = std::fs::write("here", "text").is_ok();
            report(State::Ok, format!("read {read}, written {written}"))
        }
        "variables" => report(
            State::Ok,
            format!("{} variables, {} arguments", std::env::vars().count(), std::env::args().count()),
        ),
        "clock" => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            report(State::Ok, format!("{}", now.as_millis()))
        }
        "connect" => told("10.0.0.1", std::net::TcpStream::connect("10.0.0.1:80")),
        "datagram" => told("10.0.0.1", std::net::UdpSocket::bind("0.0.0.0:0")),
        "name" => told("example.com", std::net::TcpStream::connect("example.com:80")),
        "memory" => {
            let mut held = Vec::new();
            loop {
                held.push(vec![1_u8; 1 << 20]);
            }
        }
        other => report(State::Unknown, format!("cannot do `{other}`")),
    })
});
