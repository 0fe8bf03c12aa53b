//! The roster: people, their keys and their roles.

use crate::policy::BuildPolicyError;
use crate::{Actor, Map, PersonName, Role, Set};

/// One `[[person]]` table: a person, the keys that are theirs, the roles they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(deny_unknown_fields, rename_all = "kebab-case")
)]
pub struct PersonRule {
    /// The name.
    pub name: PersonName,
    /// The keys, and CI identities, by which the person acts.
    pub keys: Vec<Actor>,
    /// The roles.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub roles: Vec<Role>,
}

/// The people of a process. An actor whose key is of nobody is a person of its own without roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    people: Vec<PersonRule>,
    by_key: Map<Actor, usize>,
}

impl Roster {
    pub(crate) fn build(people: Vec<PersonRule>) -> Result<Self, BuildPolicyError> {
        let mut by_key = Map::new();
        let mut by_name = Set::new();
        for (index, person) in people.iter().enumerate() {
            let duplicate = |what: String, first: String| BuildPolicyError::DuplicatePerson {
                person: person.name.to_string(),
                what,
                first,
            };
            if !by_name.insert(&person.name) {
                return Err(duplicate("the name".to_owned(), person.name.to_string()));
            }
            for key in &person.keys {
                if let Some(first) = by_key.insert(key.clone(), index) {
                    let first = people
                        .get(first)
                        .map_or_else(String::new, |p| p.name.to_string());
                    return Err(duplicate(format!("key `{key}`"), first));
                }
            }
        }
        Ok(Self { people, by_key })
    }

    /// Returns the people, in the order of the process file.
    #[must_use]
    pub fn people(&self) -> &[PersonRule] {
        &self.people
    }

    /// Returns the person whose key acts.
    #[must_use]
    pub fn person(&self, actor: &Actor) -> Option<&PersonRule> {
        self.people.get(*self.by_key.get(actor)?)
    }

    /// Returns whether two actors are one person (INV-26).
    #[must_use]
    pub fn is_same(&self, left: &Actor, right: &Actor) -> bool {
        left == right
            || self
                .person(left)
                .zip(self.person(right))
                .is_some_and(|(left, right)| left.name == right.name)
    }

    /// Returns whether an actor holds one of these roles.
    #[must_use]
    pub fn holds_any(&self, actor: &Actor, roles: &[Role]) -> bool {
        self.person(actor)
            .is_some_and(|person| person.roles.iter().any(|role| roles.contains(role)))
    }

    /// Returns the people who hold one of these roles.
    pub fn with_any_role<'a>(&'a self, roles: &'a [Role]) -> impl Iterator<Item = &'a PersonRule> {
        self.people
            .iter()
            .filter(|person| person.roles.iter().any(|role| roles.contains(role)))
    }

    pub(crate) fn roles(&self) -> impl Iterator<Item = &Role> {
        self.people.iter().flat_map(|person| &person.roles)
    }
}
