"""The data folder and its files: private from the first byte on, whatever the umask (trust.md, section 3)."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from skill.errors import StorageError


def private_folder(path: Path) -> Path:
    """The folder, made 0700 if it didn't exist."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise StorageError(
            f"The data folder {path} can't be made: {fault.strerror}. Choose another with CODEX_ONBOARDING_HOME."
        ) from None
    return path


def private_file(path: Path, first_content: bytes = b"") -> Path:
    """The file, made 0600 with that content if it didn't exist.

    A link, a pipe or a folder in its place is refused and left as it is. Raises `StorageError`.
    """
    try:
        _create(path, first_content)
    except FileExistsError:
        _check(path)
    except OSError as fault:
        raise StorageError(
            f"{path} can't be written: {fault.strerror}. Check the folder's owner, rights and free space."
        ) from None
    return path


def replace_file(path: Path, content: bytes) -> None:
    """Put a 0600 file with that content in the place of what is there: durable, and whole or not at all.

    A link in its place is replaced, not followed. Raises `OSError`.
    """
    with _draft(path, content) as draft:
        draft.replace(path)
    _sync(path.parent)


def _create(path: Path, content: bytes) -> None:
    """Written aside and linked into place, so that nobody ever reads half a file."""
    with _draft(path, content) as draft:
        os.link(draft, path, follow_symlinks=False)
    _sync(path.parent)


@contextlib.contextmanager
def _draft(path: Path, content: bytes) -> Iterator[Path]:
    """The content in a file of its own beside `path`, gone again in the end."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o600)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Make the names in it durable as well."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check(path: Path) -> None:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise StorageError(
            f"{path} is not a regular file. Something else was put in its place; remove it and try again."
        )
    if found.st_mode & 0o077:
        path.chmod(0o600)
