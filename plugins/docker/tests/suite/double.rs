//! A Docker daemon, as the documentation of its API has it. It refuses what the daemon refuses, in its own words, and takes
//! nothing but GET.

use std::time::Duration;

use serde_json::{Map, Value, json};
use watchkeep_doubles::{Double, Reply, Request};

/// The time at which all of this happens: 2026-03-04 05:06:07 UTC, in seconds.
pub const NOW: u64 = 1_772_600_767;

#[derive(Clone, Debug)]
pub struct Container {
    pub id: String,
    pub name: String,
    pub labels: Vec<(&'static str, &'static str)>,
    pub created: u64,
    pub state: &'static str,
    pub exit_code: u32,
    pub out_of_memory: bool,
    pub error: &'static str,
    pub started: &'static str,
    pub finished: &'static str,
    pub restarts: u64,
    pub policy: &'static str,
    /// Its status, how many checks failed, and what the last one printed.
    pub health: Option<(&'static str, u64, &'static str)>,
    /// In use, of that in a cache, and the limit.
    pub memory: Option<(u64, u64, u64)>,
    pub cpu: Option<Cpu>,
    /// Its own limit, as `--cpus` gives it.
    pub nano_cpus: u64,
    /// Its own limit, as `--cpu-quota` and `--cpu-period` give it.
    pub quota: (u64, u64),
}

/// Counters of CPU time: the container's in seconds, that of all CPUs together in seconds, how many CPUs there are, and of how many
/// periods it was throttled in how many.
#[derive(Clone, Copy, Debug)]
pub struct Cpu {
    pub used: f64,
    pub machine: f64,
    pub cpus: u64,
    pub periods: u64,
    pub throttled: u64,
}

/// Of a machine with four CPUs.
pub fn cpu(used: f64, machine: f64) -> Option<Cpu> {
    Some(Cpu { used, machine, cpus: 4, periods: 0, throttled: 0 })
}

/// One that runs since an hour.
pub fn container(name: &str) -> Container {
    // As long as a digest, and another one for each name. FNV-1a.
    let digest = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |digest, byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Container {
        id: format!("{digest:016x}").repeat(4),
        name: name.to_owned(),
        labels: Vec::new(),
        created: NOW - 7_200,
        state: "running",
        exit_code: 0,
        out_of_memory: false,
        error: "",
        started: "2026-03-04T04:06:07.123456789Z",
        finished: "0001-01-01T00:00:00Z",
        restarts: 0,
        policy: "no",
        health: None,
        memory: None,
        cpu: None,
        nano_cpus: 0,
        quota: (0, 0),
    }
}

/// One that has ended two hours ago.
pub fn exited(name: &str, exit_code: u32) -> Container {
    Container { state: "exited", exit_code, finished: "2026-03-04T03:06:07Z", ..container(name) }
}

impl Container {
    fn status(&self) -> String {
        match (self.state, self.health) {
            ("running", None) => "Up About an hour".to_owned(),
            ("running", Some(("starting", _, _))) => "Up 3 seconds (health: starting)".to_owned(),
            ("running", Some((health, _, _))) => format!("Up About an hour ({health})"),
            ("paused", _) => "Up About an hour (Paused)".to_owned(),
            ("restarting", _) => format!("Restarting ({}) 2 seconds ago", self.exit_code),
            ("exited", _) => format!("Exited ({}) 2 hours ago", self.exit_code),
            ("created", _) => "Created".to_owned(),
            ("dead", _) => "Dead".to_owned(),
            (_, _) => "Removal In Progress".to_owned(),
        }
    }

    fn listed(&self) -> Value {
        let labels: Map<_, _> =
            self.labels.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        json!({
            "Id": self.id, "Names": [format!("/{}", self.name)], "Image": "shop:7", "ImageID": "sha256:00",
            "Command": "/bin/run", "Created": self.created, "Ports": [], "Labels": labels, "State": self.state,
            "Status": self.status(), "HostConfig": { "NetworkMode": "default" }, "Mounts": [],
        })
    }

    fn inspected(&self) -> Value {
        let mut state = json!({
            "Status": self.state, "Running": matches!(self.state, "running" | "restarting" | "paused"),
            "Paused": self.state == "paused", "Restarting": self.state == "restarting", "Dead": self.state == "dead",
            "OOMKilled": self.out_of_memory, "ExitCode": self.exit_code, "Error": self.error, "Pid": 700,
            "StartedAt": self.started, "FinishedAt": self.finished,
        });
        if let Some((health, failing, printed)) = self.health {
            let log =
                json!([{ "Start": self.started, "End": self.started, "ExitCode": 1, "Output": printed }]);
            state["Health"] = json!({ "Status": health, "FailingStreak": failing, "Log": log });
        }
        json!({
            "Id": self.id, "Name": format!("/{}", self.name), "RestartCount": self.restarts, "State": state,
            "HostConfig": {
                "RestartPolicy": { "Name": self.policy, "MaximumRetryCount": 0 },
                "NanoCpus": self.nano_cpus, "CpuQuota": self.quota.0, "CpuPeriod": self.quota.1,
            },
            "Config": { "Env": ["PASSWORD=in-the-clear"] },
        })
    }

    fn statistics(&self) -> Value {
        let memory = self.memory.map_or_else(
            || json!({}),
            |(usage, cache, limit)| {
                json!({ "usage": usage, "limit": limit, "stats": { "inactive_file": cache } })
            },
        );
        let nanos = |seconds: f64| (seconds * 1e9) as u64;
        let cpu = self.cpu.map_or_else(
            || json!({}),
            |Cpu { used, machine, cpus, periods, throttled }| {
                json!({
                    "cpu_usage": { "total_usage": nanos(used), "usage_in_kernelmode": 0, "usage_in_usermode": nanos(used) },
                    "system_cpu_usage": nanos(machine), "online_cpus": cpus,
                    "throttling_data": { "periods": periods, "throttled_periods": throttled, "throttled_time": 0 },
                })
            },
        );
        // As one-shot has it: without an earlier reading.
        let none = json!({ "cpu_usage": { "total_usage": 0 }, "throttling_data": { "periods": 0 } });
        json!({ "read": self.started, "id": self.id, "memory_stats": memory, "cpu_stats": cpu, "precpu_stats": none })
    }
}

pub struct Daemon {
    pub containers: Vec<Container>,
    pub newest: (u32, u32),
    pub oldest: (u32, u32),
    /// Removed as soon as the list was read.
    pub vanishing: Vec<String>,
    /// Whose inspection fails.
    pub stuck: Vec<String>,
    /// Paths with queries, oldest first.
    pub asked: Vec<String>,
}

impl Daemon {
    pub fn with(containers: impl IntoIterator<Item = Container>) -> Self {
        Self {
            containers: containers.into_iter().collect(),
            newest: (1, 41),
            oldest: (1, 12),
            vanishing: Vec::new(),
            stuck: Vec::new(),
            asked: Vec::new(),
        }
    }
    pub fn of(&mut self, name: &str) -> &mut Container {
        self.containers
            .iter_mut()
            .find(|container| container.name == name)
            .expect("there is such a container")
    }

    /// The path behind the version, if this daemon speaks it.
    fn unversioned<'p>(&self, path: &'p str) -> Result<&'p str, Reply> {
        let Some((version, rest)) = path.strip_prefix("/v").and_then(|path| path.split_once('/')) else {
            return Ok(path);
        };
        let numbers: Vec<u32> = version.split('.').filter_map(|number| number.parse().ok()).collect();
        let [major, minor] = numbers[..] else { return Err(refused(404, "page not found")) };
        let (words, (major_limit, minor_limit)) = match (major, minor) {
            asked if asked > self.newest => ("new. Maximum", self.newest),
            asked if asked < self.oldest => ("old. Minimum", self.oldest),
            _ => return Ok(&path[path.len() - rest.len() - 1..]),
        };
        let said = format!(
            "client version {version} is too {words} supported API version is {major_limit}.{minor_limit}"
        );
        Err(refused(400, &said))
    }

    fn list(&mut self, query: &str) -> Result<Value, Reply> {
        let form = Request::new("GET", "", "", query).form();
        let (mut all, mut limit, mut filters) = (false, 0, Map::new());
        for (name, value) in &form {
            match name.as_str() {
                "all" => all = value == "true" || value == "1",
                "limit" => limit = value.parse().map_err(|_| refused(400, "invalid limit"))?,
                "filters" => match serde_json::from_str(value) {
                    Ok(Value::Object(map)) => filters = map,
                    Ok(_) | Err(_) => return Err(refused(400, "invalid filter")),
                },
                other => panic!("the list takes no parameter `{other}`"),
            }
        }
        let mut begins = 0;
        let mut wanted = Vec::new();
        for (name, values) in &filters {
            let values: Option<Vec<&str>> =
                values.as_array().map(|all| all.iter().filter_map(Value::as_str).collect());
            let values = values.ok_or_else(|| refused(400, "invalid filter"))?;
            match name.as_str() {
                "label" => wanted.extend(values.iter().map(|value| (*value).to_owned())),
                "before" => {
                    let at = self.containers.iter().position(|container| container.id == values[0]);
                    let gone = || refused(404, &format!("No such container: {}", values[0]));
                    begins = at.ok_or_else(gone)? + 1;
                }
                other => return Err(refused(400, &format!("invalid filter '{other}'"))),
            }
        }
        let has = |container: &Container, label: &String| {
            container.labels.iter().any(|(name, value)| label == name || *label == format!("{name}={value}"))
        };
        let listed = self.containers.iter().skip(begins);
        let listed = listed.filter(|container| all || container.state == "running");
        let listed = listed.filter(|container| wanted.iter().all(|label| has(container, label)));
        let most = if limit == 0 { usize::MAX } else { limit };
        let listed: Vec<_> = listed.take(most).map(Container::listed).collect();
        let vanishing = std::mem::take(&mut self.vanishing);
        self.containers.retain(|container| !vanishing.contains(&container.name));
        Ok(Value::from(listed))
    }

    fn single(&self, path: &str, query: &str) -> Result<Value, Reply> {
        let mut parts = path.split('/').skip(2);
        let (id, what) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let Some(container) = self.containers.iter().find(|container| container.id == id) else {
            return Err(refused(404, &format!("No such container: {id}")));
        };
        if self.stuck.contains(&container.name) {
            return Err(refused(500, "open /var/lib/docker/containers: input/output error"));
        }
        match (what, query) {
            ("json", "") => Ok(container.inspected()),
            ("stats", "stream=false&one-shot=true") => Ok(container.statistics()),
            _ => Err(refused(404, "page not found")),
        }
    }

    fn answered(&mut self, request: &Request) -> Result<Value, Reply> {
        let (path, query) = request.parts();
        assert_eq!(request.method, "GET", "the check asks for nothing else");
        assert!(request.body.is_empty());
        match self.unversioned(path)? {
            "/version" if !path.starts_with("/v1") => {
                let version = |(major, minor): (u32, u32)| format!("{major}.{minor}");
                Ok(
                    json!({ "Version": "20.10.24", "ApiVersion": version(self.newest), "MinAPIVersion": version(self.oldest) }),
                )
            }
            "/containers/json" => self.list(query),
            single if single.starts_with("/containers/") => self.single(single, query),
            _ => Err(refused(404, "page not found")),
        }
    }
}

fn refused(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "message": message }))
}

impl Double for Daemon {
    fn answer(&mut self, request: &Request, _now: Duration, _base: &str) -> Reply {
        self.asked.push(request.path.clone());
        match self.answered(request) {
            Ok(body) => Reply::json(200, &body),
            Err(refusal) => refusal,
        }
    }
}
