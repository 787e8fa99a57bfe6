"""Real servers for tests: PostgreSQL from the distribution and a Dask cluster with TLS, on loopback only."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import trustme

from tests.waiting import PATIENCE_S, free_port

PASSWORD = "not-a-secret-on-loopback"


def postgres_programs() -> Path:
    """The folder of the newest PostgreSQL server on this machine."""
    found = shutil.which("postgres")
    if found:
        return Path(found).parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[4]))
    if not places:
        raise RuntimeError("no PostgreSQL server found: install the package postgresql")
    return places[-1].parent


class Postgres:
    """A cluster of its own in a folder of its own, as an unprivileged user where this one is root."""

    def __init__(self) -> None:
        self.programs = postgres_programs()
        self.folder = Path(tempfile.mkdtemp(prefix="qlab-postgres-"))
        self.user: dict[str, Any] = {}
        if os.geteuid() == 0:
            self.user = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(self.folder, "postgres", "postgres")
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._run("sh", "-c", f'printf %s "{PASSWORD}" > password')
        options = ("--auth=scram-sha-256", "--pwfile=password", "--no-sync", "-E", "UTF8", "--locale=C")
        self._run(str(self.programs / "initdb"), "-D", "data", "-U", "grader", *options)
        self.start()

    def _run(self, *command: str) -> None:
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, **self.user)

    def start(self) -> None:
        """Start the server, or start it again after it was killed."""
        command = [str(self.programs / "postgres"), "-D", "data", "-p", str(self.port), "-k", str(self.folder)]
        command += ["-c", "listen_addresses=127.0.0.1"]
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:  # the processes of a killed server let go of its memory a moment later
            with open(os.devnull, "wb") as nowhere:
                self.process = subprocess.Popen(command, cwd=self.folder, stderr=nowhere, **self.user)
            if self._answers():
                return
            self.process.wait()
            time.sleep(0.3)
        raise RuntimeError("PostgreSQL did not start")

    def _answers(self) -> bool:
        import psycopg

        assert self.process is not None
        while self.process.poll() is None:
            with contextlib.suppress(psycopg.OperationalError), self.connect("postgres"):
                return True
            time.sleep(0.1)
        return False

    def connect(self, database: str) -> Any:
        import psycopg

        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="grader", password=PASSWORD, dbname=database, autocommit=True
        )

    def new_database(self, name: str) -> str:
        """Make a database; return its URL without the password, which goes through PGPASSWORD."""
        with self.connect("postgres") as connection:
            connection.execute(f'create database "{name}"')
        return f"postgresql+psycopg://grader@127.0.0.1:{self.port}/{name}"

    def kill(self) -> None:
        """kill -9 of the server."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)


class DaskCluster:
    """A scheduler and workers, each a process of its own, that talk TLS and refuse strangers."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        self.folder, self.workers = folder, workers
        self.tls = make_certificates(folder)
        self.port = free_port()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.start()

    @property
    def address(self) -> str:
        return f"tls://127.0.0.1:{self.port}"

    def options(self) -> list[str]:
        """What `qlab grade` is told."""
        return [
            "--dask", self.address, "--tls-ca", self.tls["tls_ca_file"],
            "--tls-cert", self.tls["tls_client_cert"], "--tls-key", self.tls["tls_client_key"],
        ]  # fmt: skip

    def start(self) -> None:
        keys = ["--tls-ca-file", self.tls["tls_ca_file"], "--tls-cert", self.tls["tls_client_cert"]]
        keys += ["--tls-key", self.tls["tls_client_key"]]
        scheduler = ["distributed.cli.dask_scheduler", "--host", self.address, "--no-dashboard", *keys]
        worker = ["distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-dashboard", *keys]
        worker += ["--local-directory", str(self.folder), "--host", "127.0.0.1"]
        self.processes = [self._spawn(scheduler), *(self._spawn(worker) for _ in range(self.workers))]

    def _spawn(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        log = open(self.folder / "dask.log", "ab")  # noqa: SIM115 - the child's
        with log:
            return subprocess.Popen([sys.executable, "-m", *arguments], stdout=log, stderr=log, cwd=self.folder)

    def kill_scheduler(self) -> None:
        """kill -9 of the scheduler; its workers are left without one."""
        self.processes[0].kill()
        self.processes[0].wait()

    def restart(self) -> None:
        """Start everything anew at the same address."""
        self.close(patience_s=2)
        self.start()

    def close(self, patience_s: float = 5) -> None:
        for process in reversed(self.processes):
            process.terminate()
        end = time.monotonic() + patience_s
        for process in self.processes:
            try:
                process.wait(timeout=max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def make_certificates(folder: Path) -> dict[str, str]:
    """Make a certificate authority and one certificate of it, good for both ends."""
    authority = trustme.CA()
    own = authority.issue_cert("127.0.0.1", "localhost")
    places = {name: str(folder / f"{name}.pem") for name in ("tls_ca_file", "tls_client_cert", "tls_client_key")}
    authority.cert_pem.write_to_path(places["tls_ca_file"])
    Path(places["tls_client_cert"]).write_bytes(b"".join(blob.bytes() for blob in own.cert_chain_pems))
    own.private_key_pem.write_to_path(places["tls_client_key"])
    return places


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def dask_cluster(workers: int = 2) -> Iterator[DaskCluster]:
    with tempfile.TemporaryDirectory(prefix="qlab-dask-") as folder:
        cluster = DaskCluster(Path(folder), workers)
        try:
            yield cluster
        finally:
            cluster.close()
