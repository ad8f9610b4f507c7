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
        let folders = folders(template);
        let outermost = folders.last()?;
        folders.iter().find_map(|folder| self.text(outermost, &folder.join(name)))
    }

    fn text(&self, outermost: &Path, path: &Path) -> Option<String> {
        match self {
            Tree::Folder(root) => {
                let real = |path: &Path| root.join(path).canonicalize().ok();
                let outermost = if root.join(outermost).as_os_str().is_empty() { Path::new(".") } else { outermost };
                let path =
                    real(path).filter(|path| real(outermost).is_some_and(|outermost| path.starts_with(outermost)))?;
                // Reading a pipe or a device could never end.
                path.is_file().then(|| files::read_text(&path, "").ok()).flatten()
            }
            Tree::Revision { folder, files } => {
                let name = super::name_of(path);
                let file = files.iter().find(|file| file.name == name)?;
                let (_, bytes) = git::contents(folder, files, &[file]).ok()?.pop()?;
                String::from_utf8(bytes).ok()
            }
        }
    }
}

/// Returns the folders in which a template's includes are looked up, the innermost first: its own and those above, up to
/// the project's. Of a template outside the project it is its own alone.
fn folders(template: &str) -> Vec<&Path> {
    let own = Path::new(template).parent().unwrap_or(Path::new(""));
    let is_inside = own.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if is_inside { own.ancestors().collect() } else { vec![own] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_are_looked_up_from_the_template_to_the_project() {
        let names = |template| folders(template).iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>();
        assert_eq!(names("a/b/c.j2"), ["a/b", "a", ""]);
        assert_eq!(names("c.j2"), [""]);
        assert_eq!(names("../a/c.j2"), ["../a"]);
        assert_eq!(names("/a/b/c.j2"), ["/a/b"]);
    }
}
