# what is built, tested and shipped of test/scripts/
TESTS += test/scripts/without-services.test
EXTRA_DIST += test/scripts/without-services.test
