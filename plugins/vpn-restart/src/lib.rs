//! The bundled action `vpn-restart`: restarts a tunnel of OpenVPN by its management interface, or one of WireGuard by a command
//! that the operator named, and waits until it is up.

mod command;
mod config;
mod management;

use watchkeep_sdk::action::parameters;
use watchkeep_sdk::clipped;
use watchkeep_sdk::prelude::*;

pub use config::Tunnel;

/// What has to remain of the run, so that it can tell what it knows.
const REST: Duration = Duration::from_millis(500);

#[action(name = "vpn-restart", summary = "Restarts a tunnel of OpenVPN or WireGuard", plan = plan)]
pub fn perform(config: Tunnel, occasion: Occasion) -> Result<Effect, Unable> {
    occasion.first_attempt()?;
    let left = clock::remaining().saturating_sub(REST);
    let until = clock::monotonic() + config.timeout.map_or(left, |timeout| timeout.min(left));
    occasion.once(|| match (&config.openvpn, &config.wireguard) {
        (Some(openvpn), _) => management::restart(openvpn, &occasion, until),
        (None, Some(wireguard)) => command::restart(wireguard, &occasion, until),
        (None, None) => Err(Fault::config("no tunnel is named").into()),
    })
}

/// A dry run. It looks at the interface of WireGuard; with the management interface it does not speak, since nobody could tell from
/// outside that it only asks.
pub fn plan(config: Tunnel, occasion: Occasion) -> Result<Vec<Step>, Unable> {
    if let Some(openvpn) = &config.openvpn {
        let access = &openvpn.access;
        let target = access.address.clone().or_else(|| access.socket.clone()).unwrap_or_default();
        let title = format!("send {} to OpenVPN and wait until it is connected", openvpn.signal.as_str());
        return Ok(vec![Step::new(title, target)]);
    }
    let Some(wireguard) = &config.wireguard else { return Ok(Vec::new()) };
    let mut target = wireguard.command.clone();
    for (name, value) in parameters(&wireguard.parameters, &occasion)? {
        target.push_str(&format!(" {name}=`{}`", clipped(&value)));
    }
    let mut steps = vec![Step::new("run the command", target)];
    if let Some(interface) = &wireguard.interface {
        let stands = match command::is_up(interface) {
            Ok(Some(true)) => "is up".to_owned(),
            Ok(Some(false)) => "is down".to_owned(),
            Ok(None) => "is not there".to_owned(),
            Err(fault) => format!("is in a state that is not known: {}", clipped(fault.message())),
        };
        steps.push(Step::new(
            format!("wait until the interface is up, which now {stands}"),
            interface.as_str(),
        ));
    }
    Ok(steps)
}
