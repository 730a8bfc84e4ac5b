# what is tested and shipped of test/browser/
browser_tests = test/browser/browser.test
TESTS += $(browser_tests)
EXTRA_DIST += test/browser/browser.test test/browser/looks.mjs test/browser/names.mjs \
	test/browser/package-lock.json test/browser/package.json test/browser/page.mjs \
	test/browser/tables.mjs test/browser/world.mjs
test/browser/browser.log: test/audit/html-sample$(EXEEXT)

# npm installs there.
clean-local: clean-local-browser
clean-local-browser:
	-rm -rf test/browser/work
.PHONY: clean-local-browser
