//! Black-box tests of the running server are in it/.
