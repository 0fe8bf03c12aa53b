//! The nearest known word to one that is not known.

use strsim::osa_distance;

/// Returns the known word that `found` is most likely a misspelling of, if any is close enough:
/// at most one edit in three characters, two at the least.
pub(crate) fn nearest<'a>(
    found: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (found.chars().count() / 3).max(2);
    known
        .into_iter()
        .map(|word| (osa_distance(found, word), word))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, word)| word)
}

/// Returns the end of a message that suggests the nearest known word, if there is one.
pub(crate) fn hint<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(found, known).map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_misspelling_has_a_nearest_word_and_another_word_has_none() {
        let known = ["environment", "changelog", "channel"];
        assert_eq!(nearest("enviroment", known), Some("environment"));
        assert_eq!(nearest("chanel", known), Some("channel"));
        assert_eq!(nearest("weather", known), None);
    }
}
