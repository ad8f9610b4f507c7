//! Pairs the requests of an older version of a project with those of a newer one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use super::Entry;
use crate::source::{Place, Within};

type Entries = BTreeMap<Place, Entry>;

/// Returns the older version of each request of the newer version that has one.
///
/// In a file with several requests, that is the one with the same `custom_id`, or else the same pointer and the same values of
/// a template, if that is unique on both sides; else one with the same content. The remaining requests are paired in order between paired neighbours. A new file is a
/// removed file renamed if at least one request has the same content.
pub(super) fn pairs<'e>(old: &'e Entries, new: &'e Entries) -> BTreeMap<&'e Place, &'e Place> {
    let (old_files, new_files) = (by_file(old), by_file(new));
    let mut pairs = BTreeMap::new();
    for (file, requests) in &new_files {
        if let Some(before) = old_files.get(file) {
            pair_files(before, requests, &mut pairs);
        }
    }
    let gone = old_files.iter().filter(|(file, _)| !new_files.contains_key(*file));
    let mut by_content: HashMap<&str, Vec<&str>> = HashMap::new();
    for (file, requests) in gone {
        for content in requests.iter().filter_map(|(_, entry)| content(entry)) {
            by_content.entry(content).or_default().push(file);
        }
    }
    let mut taken = BTreeSet::new();
    for (file, requests) in new_files.iter().filter(|(file, _)| !old_files.contains_key(*file)) {
        // The number of requests that each removed file has in common with this one.
        let mut in_common: BTreeMap<&str, usize> = BTreeMap::new();
        let contents: BTreeSet<&str> = requests.iter().filter_map(|(_, entry)| content(entry)).collect();
        for file in contents.iter().filter_map(|content| by_content.get(content)).flatten() {
            *in_common.entry(file).or_default() += 1;
        }
        in_common.retain(|file, _| !taken.contains(file));
        let most = in_common.iter().max_by_key(|(file, count)| (**count, Reverse(**file)));
        if let Some((renamed, _)) = most {
            taken.insert(*renamed);
            pair_files(&old_files[renamed], &new_files[file], &mut pairs);
        }
    }
    pairs
}

type Requests<'e> = Vec<(&'e Place, &'e Entry)>;

/// Returns the requests of each file, in their order.
fn by_file(entries: &Entries) -> BTreeMap<&str, Requests<'_>> {
    let mut files: BTreeMap<&str, Requests<'_>> = BTreeMap::new();
    for (place, entry) in entries {
        files.entry(place.file.as_str()).or_default().push((place, entry));
    }
    files
}

fn pair_files<'e>(old: &Requests<'e>, new: &Requests<'e>, pairs: &mut BTreeMap<&'e Place, &'e Place>) {
    // For each new request, the index of the old one.
    let mut was: Vec<Option<usize>> = vec![None; new.len()];
    let mut is_free = vec![true; old.len()];
    let of_old = positions(old, |_, place, entry| identity(place, entry));
    for (identity, indexes) in positions(new, |_, place, entry| identity(place, entry)) {
        if let ([index], Some([position])) = (indexes.as_slice(), of_old.get(&identity).map(Vec::as_slice)) {
            (was[*index], is_free[*position]) = (Some(*position), false);
        }
    }
    let mut of_old = positions(old, |index, _, entry| content(entry).filter(|_| is_free[index]));
    let open: Vec<usize> = (0..new.len()).filter(|index| was[*index].is_none()).collect();
    for index in open {
        // Of several with the same content, the first is paired with the first.
        if let Some(position) = content(new[index].1).and_then(|content| of_old.get_mut(content)).and_then(Vec::pop) {
            (was[index], is_free[position]) = (Some(position), false);
        }
    }
    pair_between_neighbours(&mut was, &mut is_free);
    for (index, position) in was.into_iter().enumerate() {
        if let Some(position) = position {
            pairs.insert(new[index].0, old[position].0);
        }
    }
}

/// What identifies a request in its file, whatever its content.
#[derive(PartialEq, Eq, Hash)]
enum Identity<'e> {
    CustomId(&'e str),
    Place(&'e Within, Option<&'e str>),
}

fn identity<'e>(place: &'e Place, entry: &'e Entry) -> Option<Identity<'e>> {
    let is_named = matches!(place.within, Within::Pointer(_)) || place.values.is_some();
    let of_place = || is_named.then_some(Identity::Place(&place.within, place.values.as_deref()));
    entry.custom_id.as_deref().map(Identity::CustomId).or_else(of_place)
}

fn content(entry: &Entry) -> Option<&str> {
    Some(entry.content.as_str()).filter(|content| !content.is_empty())
}

/// Returns the indexes of the requests with each key, the last one first.
fn positions<'e, K: Eq + Hash>(
    requests: &Requests<'e>,
    key: impl Fn(usize, &'e Place, &'e Entry) -> Option<K>,
) -> HashMap<K, Vec<usize>> {
    let mut positions: HashMap<K, Vec<usize>> = HashMap::new();
    for (index, (place, entry)) in requests.iter().enumerate().rev() {
        if let Some(key) = key(index, place, entry) {
            positions.entry(key).or_default().push(index);
        }
    }
    positions
}

/// Pairs, in order, the requests between the same two pairs on both sides.
fn pair_between_neighbours(was: &mut [Option<usize>], is_free: &mut [bool]) {
    let mut begin = 0;
    while begin < was.len() {
        if was[begin].is_some() {
            begin += 1;
            continue;
        }
        let end = was[begin..].iter().position(Option::is_some).map_or(was.len(), |length| begin + length);
        let from = begin.checked_sub(1).and_then(|before| was[before]).map_or(0, |position| position + 1);
        let to = was.get(end).copied().flatten().unwrap_or(is_free.len());
        let free: Vec<usize> = (from..to.max(from)).filter(|position| is_free[*position]).collect();
        for (index, position) in (begin..end).zip(free) {
            (was[index], is_free[position]) = (Some(position), false);
        }
        begin = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(file: &str, requests: &[(&str, &str)]) -> Entries {
        let entry = |(index, (custom_id, content)): (usize, &(&str, &str))| {
            let custom_id = Some((*custom_id).to_owned()).filter(|id| !id.is_empty());
            let entry = Entry { custom_id, content: (*content).to_owned(), ..Entry::default() };
            (Place::line(file, index + 1), entry)
        };
        requests.iter().enumerate().map(entry).collect()
    }

    fn lines(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<(usize, usize)> {
        let (old, new) = (entries("a.jsonl", old), entries("a.jsonl", new));
        let line = |place: &Place| if let Within::Line(line) = place.within { line } else { 0 };
        pairs(&old, &new).into_iter().map(|(new, old)| (line(new), line(old))).collect()
    }

    #[test]
    fn a_new_first_line_moves_the_others_and_changes_nothing() {
        assert_eq!(lines(&[("", "a"), ("", "b")], &[("", "x"), ("", "a"), ("", "b")]), [(2, 1), (3, 2)]);
        let big: Vec<String> = (0..500).map(|index| index.to_string()).collect();
        let old: Vec<(&str, &str)> = big.iter().map(|one| ("", one.as_str())).collect();
        let new: Vec<(&str, &str)> = [("", "top")].into_iter().chain(old.iter().copied()).collect();
        let expected: Vec<(usize, usize)> = (1..=500).map(|line| (line + 1, line)).collect();
        assert_eq!(lines(&old, &new), expected);
    }

    #[test]
    fn a_unique_custom_id_takes_precedence_over_the_content() {
        assert_eq!(lines(&[("1", "a"), ("2", "b")], &[("2", "a"), ("1", "c")]), [(1, 2), (2, 1)]);
        assert_eq!(lines(&[("1", "a"), ("1", "b")], &[("1", "b"), ("1", "a")]), [(1, 2), (2, 1)]);
        assert_eq!(lines(&[("1", "a")], &[("1", "b"), ("1", "a")]), [(2, 1)]);
    }

    #[test]
    fn a_template_is_paired_by_its_values_and_a_prompt_by_its_pointer() {
        let entry = Entry { content: "the same template".to_owned(), ..Entry::default() };
        let entries =
            |places: &[Place]| -> Entries { places.iter().map(|place| (place.clone(), entry.clone())).collect() };
        let of = |values: &str| Place::file("a.md").with_values(values);
        let (one, two) = (Place::pointer("a.yaml", "/one"), Place::pointer("a.yaml", "/two"));
        let old = entries(&[of("1.json"), of("3.json"), one.clone(), two.clone()]);
        let new = entries(&[of("1.json"), of("2.json"), of("3.json"), two.clone(), one.clone()]);
        let expected =
            [(of("1.json"), of("1.json")), (of("3.json"), of("3.json")), (one.clone(), one), (two.clone(), two)];
        let found: Vec<(Place, Place)> =
            pairs(&old, &new).into_iter().map(|(new, old)| (new.clone(), old.clone())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn remaining_requests_are_paired_between_neighbours() {
        let old = [("", "a"), ("", "b"), ("", "c"), ("", "d")];
        assert_eq!(lines(&old, &[("", "a"), ("", "B"), ("", "c"), ("", "d")]), [(1, 1), (2, 2), (3, 3), (4, 4)]);
        assert_eq!(lines(&old, &[("", "a"), ("", "c"), ("", "D")]), [(1, 1), (2, 3), (3, 4)]);
        assert_eq!(lines(&old, &[("", "A"), ("", "x"), ("", "b"), ("", "d")]), [(1, 1), (3, 2), (4, 4)]);
        assert_eq!(lines(&[("", "a"), ("", "a")], &[("", "a"), ("", "a")]), [(1, 1), (2, 2)], "the same content twice");
        assert_eq!(lines(&[("", "a"), ("", "b")], &[("", "b"), ("", "x"), ("", "a")]), [(1, 2), (3, 1)], "moved");
        assert_eq!(lines(&[], &[("", "a")]), []);
    }

    #[test]
    fn a_renamed_file_is_identified_by_its_content() {
        let old = entries("old.jsonl", &[("", "a"), ("", "b")]);
        let new = entries("new.jsonl", &[("", "a"), ("", "B")]);
        let found = pairs(&old, &new);
        let found: Vec<_> = found.into_iter().map(|(new, old)| format!("{new} {old}")).collect();
        assert_eq!(found, ["new.jsonl:1 old.jsonl:1", "new.jsonl:2 old.jsonl:2"]);
        assert!(pairs(&old, &entries("new.jsonl", &[("", "c")])).is_empty());
        let both: Entries = old.clone().into_iter().chain(new.clone()).collect();
        assert_eq!(pairs(&old, &both).len(), 2, "a copy is new");
    }
}
