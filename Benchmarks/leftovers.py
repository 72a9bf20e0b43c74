"""What a home that was stopped has left on the machine: nothing, unless something went wrong."""

import os
import signal
import subprocess
import time
from pathlib import Path


def clear(folder):
    """Takes away what is left of a home below `folder`, and tells what that was."""
    found = []
    for pid, text in processes(folder):
        found.append(f"process {pid} ({text})")
        kill(pid)
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount_point = line.split()[4]
        if Path(mount_point).is_relative_to(folder):
            found.append(f"mount {mount_point}")
            subprocess.run(["umount", mount_point], check=False)
    for image in folder.glob("*/pool.img*"):
        for device in loop_devices(image):
            found.append(f"loop device {device}{holders(device)}")
            subprocess.run(["losetup", "--detach", device], check=False)
    return found


def holders(device):
    """A mount namespace that was made meanwhile has the mount, too, for as long as anything runs in it."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if f" {device} " in (path / "mountinfo").read_text():
                found.append(f"{path.name} {(path / 'comm').read_text().strip()}")
        except OSError:
            continue  # it ended meanwhile
    return f" (mounted in the namespaces of {', '.join(found[:5])})" if found else ""


def loop_devices(image):
    """Whoever looks into every new device, as udev does, holds it for a moment longer."""
    for _ in range(50):
        listing = subprocess.run(["losetup", "--associated", image], capture_output=True, text=True, check=True)
        if not listing.stdout:
            return []
        time.sleep(0.1)
    return [line.split(":")[0] for line in listing.stdout.splitlines()]


def processes(folder):
    """Those that name the folder among their arguments, or work in it."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            text = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            works_in = os.readlink(path / "cwd")
        except OSError:
            continue  # it ended meanwhile
        if int(path.name) != os.getpid() and (f"{folder}/" in text or Path(works_in).is_relative_to(folder)):
            yield int(path.name), text


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.05)
    except ProcessLookupError:
        pass
