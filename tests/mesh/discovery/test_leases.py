import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mesh.discovery import Endpoint, LeaseDirectory
from mesh.startup import StartupError


def test_a_lease_resolves_from_announcement_to_withdrawal(tmp_path: Path) -> None:
    directory = LeaseDirectory(tmp_path)
    with directory.hold("catalog", "one") as lease:
        assert directory.endpoints("catalog") == ()
        assert [(found.pid, found.ready) for found in directory.leases()] == [(os.getpid(), False)]
        lease.announce("127.0.0.1:5")
        assert directory.endpoints("catalog") == (Endpoint("127.0.0.1:5"),)
        lease.withdraw()
        assert directory.endpoints("catalog") == ()
    assert directory.leases() == []


def test_instances_of_one_service_are_all_found(tmp_path: Path) -> None:
    directory = LeaseDirectory(tmp_path)
    with directory.hold("catalog", "b") as second, directory.hold("catalog", "a") as first:
        second.announce("127.0.0.1:2")
        first.announce("127.0.0.1:1")
        assert [e.address for e in directory.endpoints("catalog")] == ["127.0.0.1:1", "127.0.0.1:2"]
        assert directory.endpoints("reviews") == ()


@pytest.mark.slow
def test_the_lease_of_a_killed_process_is_gone(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from mesh.discovery import LeaseDirectory\n"
        f"lease = LeaseDirectory(Path({str(tmp_path)!r})).hold('catalog', 'doomed')\n"
        "lease.announce('127.0.0.1:9'); print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout
    process.stdout.readline()
    directory = LeaseDirectory(tmp_path)
    assert [lease.pid for lease in directory.leases()] == [process.pid]
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert directory.leases() == []
    assert list((tmp_path / "catalog").glob("*.json")) == []


def test_who_can_open_no_more_files_does_not_take_everybody_for_dead(tmp_path: Path) -> None:
    directory = LeaseDirectory(tmp_path)
    with directory.hold("catalog", "one") as lease:
        lease.announce("127.0.0.1:5")
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        try:
            with pytest.raises(OSError, match="Too many open files"):
                directory.endpoints("catalog")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert directory.endpoints("catalog") == (Endpoint("127.0.0.1:5"),)


def test_a_full_disk_keeps_nobody_from_ending(tmp_path: Path) -> None:
    directory = LeaseDirectory(tmp_path)
    lease = directory.hold("catalog", "one")
    lease.announce("127.0.0.1:5")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(StartupError, match="cannot write"):
            directory.hold("catalog", "two")
        lease.withdraw()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert directory.endpoints("catalog") == ()
    assert list((tmp_path / "catalog").iterdir()) == []
    lease.release()


def test_a_file_that_is_no_lease_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "x.json").write_text("{")
    assert LeaseDirectory(tmp_path).leases() == []


def test_a_directory_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartupError, match="SELVEDGE_DATA"):
        LeaseDirectory(tmp_path / "file").hold("catalog", "one")
