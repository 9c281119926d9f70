//! Files that people import.

use std::cell::OnceCell;
use std::io::Write as _;
use std::path::Path;

use fleet::import::Table;

use super::brief;

thread_local! {
    static FILE: OnceCell<tempfile::NamedTempFile> = const { OnceCell::new() };
}

/// Every row is taken or has a problem, and a problem shows no more than the start of a cell.
pub(super) fn file(table: Table, input: &[u8]) -> bool {
    match as_file(input, |path| fleet::import::checked(table, path)) {
        Ok((rows, problems)) => {
            let lines = input.iter().filter(|byte| **byte == b'\n').count() as u64;
            assert!(rows <= lines + 1, "{rows} rows of {lines} lines");
            problems.iter().for_each(|problem| brief(&problem.problem));
            rows > 0 && problems.is_empty()
        }
        Err(failure) => {
            failure.error.chain().for_each(brief);
            false
        }
    }
}

/// What `read` makes of a file with the input in it.
pub(super) fn as_file<T>(input: &[u8], read: impl FnOnce(&Path) -> T) -> T {
    FILE.with(|file| {
        let file = file.get_or_init(|| tempfile::NamedTempFile::new().expect("a temporary file"));
        let mut handle = file.reopen().expect("the file opens");
        handle.set_len(0).and_then(|()| handle.write_all(input)).expect("the file is written");
        read(file.path())
    })
}
