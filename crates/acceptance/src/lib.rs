//! TestApp and the one integration-test binary.
