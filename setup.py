"""Builds the kernel of reconciliation where Rust is at hand; elsewhere the Python decides."""

import os
import runpy
import shutil
import subprocess
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

CRATE = Path("core/reconciliation/kernel")
BUILT = ("liblettrage_kernel.so", "liblettrage_kernel.dylib", "lettrage_kernel.dll")


class Kernel(build_ext):
    """Lets cargo build the library and puts it where `kernel/library.py` looks for it."""

    def build_extension(self, ext: Extension) -> None:
        cargo = shutil.which("cargo") or shutil.which("cargo", path=str(Path.home() / ".cargo" / "bin"))
        if cargo is None:
            raise CompileError("cargo was not found: reconciliation over files will be slower")
        target = Path(os.environ.get("CARGO_TARGET_DIR") or Path(self.build_temp).absolute() / "kernel")
        command = [
            cargo,
            "build",
            "--release",
            "--quiet",
            "--offline",
            "--manifest-path",
            str(CRATE / "Cargo.toml"),
        ]
        env = {**os.environ, "LETTRAGE_SOURCES": runpy.run_path(str(CRATE / "sources.py"))["fingerprint"]()}
        try:
            subprocess.run([*command, "--target-dir", str(target)], check=True, env=env)  # noqa: S603  (cargo, and nothing given from outside)
        except (OSError, subprocess.CalledProcessError) as error:
            raise CompileError(f"the kernel could not be built: {error}") from error
        (library,) = [path for name in BUILT if (path := target / "release" / name).exists()]
        place = Path(self.get_ext_fullpath(ext.name))
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(library, place)


setup(
    ext_modules=[Extension("core.reconciliation.kernel._kernel", sources=[], optional=True)],
    cmdclass={"build_ext": Kernel},
)
