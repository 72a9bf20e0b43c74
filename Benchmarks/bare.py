"""A server that Roost started, to be started once more without Roost: noted while it runs, with its generated
configuration, its user and its limits, on a copy of a ready directory.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path


class BareServer:
    """`instance`: the folder of the server that runs as `pid`; `copy`: one that has the directory `data` alone."""

    def __init__(self, home, pid, instance, copy):
        self.copy = copy
        status = os.stat(instance / "data")
        self.user, self.group = status.st_uid, status.st_gid
        arguments = Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]
        if " " in arguments[0]:
            arguments = behind_title(arguments[0], home / "engines", instance)
        environment = Path(f"/proc/{pid}/environ").read_text().split("\0")[:-1]
        self.port = free_port()
        shutil.copytree(instance / "conf", copy / "conf")
        files = [file for file in (copy / "conf").iterdir() if file.is_file()]
        text = "\n".join([file.read_text() for file in files] + arguments)
        replace = replacements(text, instance, copy, self.port)
        for file in files:
            file.write_text(replace(file.read_text()))
        for name in ("log", "run"):
            (copy / name).mkdir()
        for path in copy.rglob("*"):
            os.lchown(path, self.user, self.group)
        self.arguments = [replace(argument) for argument in arguments]
        self.environment = dict(entry.split("=", 1) for entry in environment if "=" in entry)
        self.groups = sibling_groups(pid)

    def run(self, first_answer):
        """Milliseconds from fork to the first answer."""
        output = open(self.copy / "output.log", "wb")
        start = time.perf_counter()
        server = subprocess.Popen(
            self.arguments, env=self.environment, cwd=self.copy / "data", stdin=subprocess.DEVNULL, stdout=output,
            stderr=output, start_new_session=True, preexec_fn=self.become,
        )
        try:
            first_answer(server)
            return (time.perf_counter() - start) * 1000
        except Exception:
            print((self.copy / "output.log").read_text()[-4000:])
            raise
        finally:
            server.terminate()
            server.wait(60)
            for group in self.groups:
                remove(group)

    def become(self):
        for group in self.groups:
            # As Roost does it: of its one thread, which costs no lock; unified groups have no such file.
            name = "tasks" if os.path.exists(f"{group}/tasks") else "cgroup.procs"
            with open(f"{group}/{name}", "w") as file:
                file.write("0")
        os.umask(0o077)
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(self.group, self.group, self.group)
            os.setresuid(self.user, self.user, self.user)


def behind_title(title, engines, instance):
    """Redis and Valkey show a title in their arguments' place: `/path/redis-server 127.0.0.1:20000`."""
    program = Path(title.split(" ")[0])
    if engines in program.parents:  # a script that starts it through its own loader stands in `bin`
        program = engines / program.relative_to(engines).parts[0] / "bin" / program.name
    return [str(program), str(instance / "conf" / "server.conf")]


def replacements(text, instance, copy, port):
    """From the service's own paths and port to those of the copy."""
    internal = re.search(r"\bport[\"']?\s*[=: ]\s*[\"']?(\d{4,5})\b", text).group(1)
    run = re.search(rf"/run/roost/[^/\s\"']+/[^/\s\"',]*{re.escape(instance.name)}", text).group(0)

    def replace(line):
        line = line.replace(str(instance), str(copy)).replace(run, str(copy / "run"))
        return re.sub(rf"\b{internal}\b", str(port), line)

    return replace


def remove(group):
    # What has just ended leaves its group a moment later.
    for _ in range(100):
        try:
            return os.rmdir(group)
        except OSError:
            time.sleep(0.02)
    os.rmdir(group)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def sibling_groups(pid):
    """A control group beside each of the process's own that Roost made, with the same limits."""
    groups = []
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "roost" not in path:
            continue
        roots = [f"/sys/fs/cgroup/{controllers}"] if controllers else ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"]
        own = next((Path(root + path) for root in roots if os.path.isdir(root + path)), None)
        if own is None:
            continue
        sibling = own.with_name(own.name + "-bare")
        sibling.mkdir()
        for limit in ("memory.limit_in_bytes", "memory.max", "cpu.cfs_quota_us", "cpu.max"):
            if (own / limit).exists():
                (sibling / limit).write_text((own / limit).read_text())
        groups.append(str(sibling))
    return groups
