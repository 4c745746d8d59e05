//! Sets of resource types.

use fhir::ResourceType;

const WORDS: usize = 3;

/// A set of resource types, a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TypeSet([u64; WORDS]);

impl TypeSet {
    /// No type.
    pub const NONE: Self = Self([0; WORDS]);
    /// All types, also those to come.
    pub const ALL: Self = Self([u64::MAX; WORDS]);

    fn place(resource_type: ResourceType) -> (usize, u64) {
        let index = usize::from(resource_type.index());
        (index / 64, 1_u64 << (index % 64))
    }

    /// Adds a type.
    pub fn insert(&mut self, resource_type: ResourceType) {
        let (word, bit) = Self::place(resource_type);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    /// Takes a type out.
    pub fn remove(&mut self, resource_type: ResourceType) {
        let (word, bit) = Self::place(resource_type);
        if let Some(word) = self.0.get_mut(word) {
            *word &= !bit;
        }
    }

    /// Whether the type is in it.
    pub fn contains(&self, resource_type: ResourceType) -> bool {
        let (word, bit) = Self::place(resource_type);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The bits of the types, in the order of their numbers.
    pub(crate) fn words(&self) -> [u64; WORDS] {
        self.0
    }

    /// Whether it holds every type.
    pub fn is_all(&self) -> bool {
        ResourceType::all().all(|resource_type| self.contains(resource_type))
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// What is in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = *self;
        for (word, other) in both.0.iter_mut().zip(other.0) {
            *word &= other;
        }
        both
    }

    /// What is in either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut either = *self;
        for (word, other) in either.0.iter_mut().zip(other.0) {
            *word |= other;
        }
        either
    }

    /// What is in this one and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut rest = *self;
        for (word, other) in rest.0.iter_mut().zip(other.0) {
            *word &= !other;
        }
        rest
    }

    /// Whether all of these are among those.
    pub fn is_within(&self, other: &Self) -> bool {
        self.without(other).is_empty()
    }

    /// The types in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = ResourceType> {
        let set = *self;
        ResourceType::all().filter(move |resource_type| set.contains(*resource_type))
    }
}

impl FromIterator<ResourceType> for TypeSet {
    fn from_iter<I: IntoIterator<Item = ResourceType>>(types: I) -> Self {
        let mut set = Self::NONE;
        for resource_type in types {
            set.insert(resource_type);
        }
        set
    }
}
