//! Files and folders that only their owner may read, whatever the umask.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read},
    path::Path,
};

/// Makes a folder that only its owner may enter, and so those around it that are missing: whoever can write into one of these
/// can put another in its place. One that is there stays as it is.
pub(crate) fn folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        self::folder(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(e) => return Err(e),
    }
    #[cfg(unix)]
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

/// Opens a file for reading. What is no file is refused and not waited for: a pipe would be opened only when somebody
/// writes into it.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no regular file")) }
}

/// Opens a file for reading and writing that only its owner may read; `new` refuses one that is there.
pub(crate) fn create(path: &Path, new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).create_new(new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.truncate(false).open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

/// Writes a file that only its owner may read, whole or not at all: a process that ends midway, or two at once, leave no
/// half of one. One that is there is replaced, or stays where `replace` is false.
pub(crate) fn write(path: &Path, mut content: &[u8], replace: bool) -> io::Result<()> {
    write_from(path, &mut content, replace)
}

/// As [`write`](self::write), of what can be more than memory holds.
pub(crate) fn write_from(path: &Path, content: &mut impl Read, replace: bool) -> io::Result<()> {
    let new = path.with_extension(format!("{}.new", uuid::Uuid::now_v7().simple()));
    let written = (|| {
        let mut file = create(&new, true)?;
        let _ = io::copy(content, &mut file)?;
        file.sync_all()?;
        if replace {
            keep_owner(path, &file)?;
            return fs::rename(&new, path);
        }
        match fs::hard_link(&new, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    })();
    // Gone already where it took the place of the old one.
    let _ = fs::remove_file(&new);
    written
}

/// Gives a file to the owner of the one that it is to replace: root changes what a service reads.
fn keep_owner(old: &Path, file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let (Ok(old), new) = (fs::metadata(old), file.metadata()?) else { return Ok(()) };
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            fchown(file, Some(old.uid()), Some(old.gid()))?;
        }
    }
    #[cfg(not(unix))]
    let _ = (old, file);
    Ok(())
}

/// Whether others than the owner have one of these rights (`0o077` are all of them). Where files have no modes, the
/// folder of a person is private to them already.
pub(crate) fn is_loose(metadata: &Metadata, rights: u32) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & rights != 0;
    #[cfg(not(unix))]
    return {
        let _ = (metadata, rights);
        false
    };
}
