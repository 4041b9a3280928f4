// The standard streams of testamurd: what a command prints must arrive, or its exit code says that
// it did not, and no file of a node may become one of them. One thread, before any other begins.
#pragma once

namespace testamur::node {

// Opens what of 0, 1 and 2 is closed: the next file that is opened would take its number, and the
// log would be written into the lock or the database. A reader that goes away is an error, not a
// signal.
void prepare_streams();

// `code`, or kFailed (complaint.h) where that was 0 and standard output did not take all that was
// printed.
int after_output(int code);

}  // namespace testamur::node
