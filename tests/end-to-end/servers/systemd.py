#!/usr/bin/python3
"""A systemd on a bus of its own, by python-dbusmock's template; to that come the methods that the template has not. Argument: a file
that is written once all is there. Units: nginx.service restarts, fails.service does not, hidden.service may not be touched,
shop.service is of the template's own."""

import os
import subprocess
import sys
import time

import dbus

MANAGER = "org.freedesktop.systemd1.Manager"
RESTART = """
name = str(args[0])
self.restarts = getattr(self, "restarts", []) + [name]
if name == "hidden.service":
    raise dbus.exceptions.DBusException("Interactive authentication required.",
                                        name="org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")
if name not in self.units:
    raise dbus.exceptions.DBusException("Unit %s not found." % name, name="org.freedesktop.systemd1.NoSuchUnit")
job = "/org/freedesktop/systemd1/job/%d" % self.next_job_id
self.EmitSignal("org.freedesktop.systemd1.Manager", "JobRemoved", "uoss",
                [self.next_job_id, job, name, "failed" if name == "fails.service" else "done"])
self.next_job_id += 1
ret = dbus.ObjectPath(job)
"""

address = os.environ["DBUS_SYSTEM_BUS_ADDRESS"]
mock = subprocess.Popen([sys.executable, "-m", "dbusmock", "--system", "--template", "systemd"])
while True:
    bus = dbus.bus.BusConnection(address)
    if bus.name_has_owner("org.freedesktop.systemd1"):
        break
    bus.close()
    time.sleep(0.02)
manager = bus.get_object("org.freedesktop.systemd1", "/org/freedesktop/systemd1")
control = dbus.Interface(manager, "org.freedesktop.DBus.Mock")
control.AddMethod(MANAGER, "Subscribe", "", "", "")
control.AddMethod(MANAGER, "ResetFailedUnit", "s", "", "")
control.AddMethod(MANAGER, "RestartUnit", "ss", "o", RESTART)
for unit in ("nginx.service", "fails.service", "shop.service"):
    control.AddMockUnit(unit)
open(sys.argv[1], "w").close()
# It ends with the bus.
mock.wait()
