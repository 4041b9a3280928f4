# Turns the word list, one word a line, into the initializer of an array of string literals.
# The list's digest is that of the BIP-39 English list: any other list would derive other keys from the same words.
file(SHA256 ${INPUT} digest)
if(NOT digest STREQUAL "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda")
  message(FATAL_ERROR "${INPUT} is not the BIP-39 English word list (SHA-256 ${digest})")
endif()
file(STRINGS ${INPUT} words)
list(LENGTH words count)
if(NOT count EQUAL 2048)
  message(FATAL_ERROR "${INPUT} has ${count} words, not 2048")
endif()
list(JOIN words "\",\n\"" joined)
file(WRITE ${OUTPUT} "\"${joined}\"\n")
