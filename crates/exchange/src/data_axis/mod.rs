//! The envelope of the data axis of the Ministry of Health: header, checksum, signature, result codes.
