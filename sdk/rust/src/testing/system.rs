//! The script's side of `system`.

use super::reply::Kind;
use super::script::with;
use crate::system::{
    ClockState, Disk, FileHandleUse, Listener, Load, Memory, NetworkLink, Pressures, Process, RebootState,
    SystemError, Temperature, Timer, Unit,
};

macro_rules! readings {
    ($($function:ident($($pattern:ident)?) $what:literal => $kind:ident: $answer:ty;)*) => {$(
        pub(crate) fn $function($($pattern: &str)?) -> Result<$answer, SystemError> {
            let route = concat!("system ", $what).to_owned() $(+ " " + $pattern)?;
            with(|script| match script.take(&route).0 {
                Kind::$kind(answer) => Ok(answer),
                Kind::Machine(error) => Err(error),
                other => panic!("`{route}` is answered with a reading, and the script holds {other:?}"),
            })
        }
    )*};
}

readings! {
    system_disks() "disks" => Disks: Vec<Disk>;
    system_memory_use() "memory" => Memory: Memory;
    system_load_now() "load" => Load: Load;
    system_links() "links" => Links: Vec<NetworkLink>;
    system_units(pattern) "units" => Units: Vec<Unit>;
    system_processes(pattern) "processes" => Processes: Vec<Process>;
    system_pressure() "pressure" => Pressures: Pressures;
    system_clock_sync() "clock" => Clock: ClockState;
    system_file_handles() "file-handles" => FileHandles: FileHandleUse;
    system_temperatures() "temperatures" => Temperatures: Vec<Temperature>;
    system_reboot_needed() "reboot" => Reboot: RebootState;
    system_listening() "listeners" => Listeners: Vec<Listener>;
    system_timers(pattern) "timers" => Timers: Vec<Timer>;
}
