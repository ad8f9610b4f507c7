//! Where the files are read from that templates include: the working tree, or a revision of git.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::cli::{files, git};

/// The files of a project.
#[derive(Clone, Debug)]
pub(in crate::cli) enum Tree {
    /// A folder of the working tree.
    Folder(PathBuf),
    /// A revision, whose files are relative to the folder.
    Revision { folder: PathBuf, files: Arc<Vec<git::File>> },
}

impl Tree {
    /// Returns the text of a file that a template includes: relative to the template's folder, or else to the nearest
    /// folder above in the project. Nothing outside the project is read, also not through links.
    pub(in crate::cli) fn included(&self, template: &str, name: &str) -> Option<String> {
        if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return None;
        }
        match self {
            Tree::Folder(root) => in_folder(root, template, name),
            Tree::Revision { folder, files } => {
                let above = Path::new(template).ancestors().skip(1).map(|folder| super::name_of(&folder.join(name)));
                let file = above.into_iter().find_map(|name| files.iter().find(|file| file.name == name))?;
                let (_, bytes) = git::contents(folder, files, &[file]).ok()?.pop()?;
                String::from_utf8(bytes).ok()
            }
        }
    }
}

/// Reads a file that a template of the working tree includes.
fn in_folder(root: &Path, template: &str, name: &str) -> Option<String> {
    let own = root.join(template).canonicalize().ok()?.parent()?.to_owned();
    let project = project_of(&own);
    let candidates = own.ancestors().take_while(|folder| folder.starts_with(project));
    let paths = candidates.filter_map(|folder| folder.join(name).canonicalize().ok());
    // Reading a pipe or a device could never end.
    let path = paths.into_iter().find(|path| path.starts_with(project) && path.is_file())?;
    files::read_text(&path, "").ok()
}

/// Returns the nearest folder above with a configuration or a repository of git; the folder itself, if there is none.
fn project_of(folder: &Path) -> &Path {
    let is_project = |folder: &&Path| [".git", "gpt-cost.toml"].iter().any(|name| folder.join(name).exists());
    folder.ancestors().find(is_project).unwrap_or(folder)
}
