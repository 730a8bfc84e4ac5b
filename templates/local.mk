# what is built, tested and shipped of templates/
templatesdir = $(datadir)/relaysentry/templates
dist_templates_DATA = templates/de.txt templates/en.txt
