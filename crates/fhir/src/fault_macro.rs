//! Makes the faults of the catalogue: one line an entry gives the variant, its code, its kind and both texts.

macro_rules! catalogue {
    ($($(#[$doc:meta])* $variant:ident $({ $($field:ident),* })? = $code:literal, $kind:ident, $english:literal, $vietnamese:literal;)*) => {
        /// Something that this server finds wrong or has to say.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Fault {
            $(
                $(#[$doc])*
                $variant $({ $(
                    /// What is filled into the text.
                    $field: String,
                )* })?,
            )*
        }

        /// All entries.
        pub const CATALOGUE: &[CatalogueEntry] = &[
            $(CatalogueEntry { code: $code, issue_type: IssueType::$kind, english: $english, vietnamese: $vietnamese },)*
        ];

        impl Fault {
            /// The code of the entry; part of the contract with clients.
            pub fn code(&self) -> &'static str {
                match self { $(Self::$variant $({ $($field: _),* })? => $code,)* }
            }

            /// The kind of the entry.
            pub fn issue_type(&self) -> IssueType {
                match self { $(Self::$variant $({ $($field: _),* })? => IssueType::$kind,)* }
            }

            /// The text in English.
            pub fn english(&self) -> String {
                match self { $(Self::$variant $({ $($field),* })? => format!($english $($(, $field = clean($field))*)?),)* }
            }

            /// The text in Vietnamese.
            pub fn vietnamese(&self) -> String {
                match self { $(Self::$variant $({ $($field),* })? => format!($vietnamese $($(, $field = clean($field))*)?),)* }
            }
        }
    };
}

pub(crate) use catalogue;
