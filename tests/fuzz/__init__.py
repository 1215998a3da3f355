"""One mutating fuzzer for every parser: `make fuzz`, or briefly as part of the tests."""
