dnl SPDX-License-Identifier: MIT
dnl What configure asks of Dovecot's headers and of the system.

dnl RS_NEED(WHAT, DEBIAN-PACKAGE)
dnl Collects what is missing, so that one run of configure names all of it.
AC_DEFUN([RS_NEED], [
  rs_missing="$rs_missing
  $1"
  rs_packages="$rs_packages $2"
])

dnl RS_NEED_CHECK
dnl Ends configure when something was collected.
AC_DEFUN([RS_NEED_CHECK], [
  AS_IF([test "x$rs_missing" != x], [
    AC_MSG_ERROR([missing:$rs_missing
On Debian and Ubuntu: apt-get install$rs_packages])])
])

dnl RS_DOVECOT_IF(DECLARATIONS, BODY, IF-TRUE, IF-FALSE)
dnl Compiles against Dovecot's headers as a plugin does. Every difference in a
dnl type is an error. Dovecot's config.h defines PACKAGE_NAME and the like too:
dnl our own definitions stay out.
AC_DEFUN([RS_DOVECOT_IF], [
  rs_save_CPPFLAGS=$CPPFLAGS
  rs_save_CFLAGS=$CFLAGS
  CPPFLAGS="$LIBDOVECOT_INCLUDE $CPPFLAGS"
  CFLAGS="-std=gnu11 -Werror -Wno-unused-function -Wno-unused-variable $CFLAGS"
  cat > conftest.$ac_ext <<\_RSEOF
#include <config.h>
#include <lib.h>
#include <auth-request.h>
#include <passdb.h>
$1
int main(void)
{
$2
	return 0;
}
_RSEOF
  AC_COMPILE_IFELSE([], [$3], [$4])
  CPPFLAGS=$rs_save_CPPFLAGS
  CFLAGS=$rs_save_CFLAGS
])

dnl RS_DOVECOT_CAP(DESCRIPTION, MACRO, DECLARATIONS, BODY)
dnl Adds -DMACRO=1 to DOVECOT_CAPS when the code compiles; sets rs_cap_found.
AC_DEFUN([RS_DOVECOT_CAP], [
  AC_MSG_CHECKING([Dovecot: $1])
  RS_DOVECOT_IF([$3], [$4], [
    AC_MSG_RESULT([yes])
    DOVECOT_CAPS="$DOVECOT_CAPS -D$2=1"
    rs_cap_found="$rs_cap_found $2"
  ], [AC_MSG_RESULT([no])])
])

dnl RS_DOVECOT_PREINIT(MACRO, DESCRIPTION, RETURN TYPE, PARAMETERS)
dnl The signature of passdb_module_interface.preinit, by assigning a function of
dnl exactly that type.
AC_DEFUN([RS_DOVECOT_PREINIT], [
  RS_DOVECOT_CAP([$2], [$1],
    [struct passdb_parameters;
extern $3 rs_probe($4);],
    [	struct passdb_module_interface iface = { .preinit = rs_probe };
	(void)iface;])
])

dnl RS_DOVECOT_CREDENTIALS(MACRO, DESCRIPTION, PARAMETERS)
dnl The signature of what lookup_credentials calls back, by assigning a function
dnl of exactly that type.
AC_DEFUN([RS_DOVECOT_CREDENTIALS], [
  RS_DOVECOT_CAP([$2], [$1],
    [extern void rs_probe(struct auth_request *, lookup_credentials_callback_t *);
extern void rs_found($3);],
    [	struct passdb_module_interface iface = { .lookup_credentials = rs_probe };
	lookup_credentials_callback_t *callback = rs_found;
	(void)iface, (void)callback;])
])

dnl RS_DOVECOT_ONE_OF(WHAT, MACRO...)
dnl Ends configure unless exactly one of the macros was found.
AC_DEFUN([RS_DOVECOT_ONE_OF], [
  rs_count=0
  for rs_cap in $2; do
    case " $rs_cap_found " in
    *" $rs_cap "*) rs_count=`expr $rs_count + 1` ;;
    esac
  done
  AS_IF([test $rs_count -ne 1], [RS_DOVECOT_UNKNOWN([$1])])
])

dnl RS_DOVECOT_ALL_OF(RELEASE, MACRO...)
dnl Ends configure unless all of the macros were found.
AC_DEFUN([RS_DOVECOT_ALL_OF], [
  for rs_cap in $2; do
    case " $rs_cap_found " in
    *" $rs_cap "*) ;;
    *) RS_DOVECOT_UNKNOWN([they look like those of $1, but $rs_cap is missing]) ;;
    esac
  done
])

dnl RS_DOVECOT_UNKNOWN(WHAT)
AC_DEFUN([RS_DOVECOT_UNKNOWN], [
  AC_MSG_ERROR([the headers of Dovecot $DOVECOT_VERSION in $dovecot_pkgincludedir are not known: $1.
Known are 2.3.19 and later, and 2.4; config.log shows what the compiler said.
To build the library and the command alone: ./configure --without-dovecot])
])

dnl RS_DOVECOT_CAPS
dnl What differs between the releases of Dovecot, as -D flags in DOVECOT_CAPS.
dnl They choose plugin/compat-2.3.c or plugin/compat-2.4.c, which alone read them;
dnl but for RS_EVENT_FILTERS, which is not of one side: plugin/compat.c.
AC_DEFUN([RS_DOVECOT_CAPS], [
  DOVECOT_CAPS=
  rs_cap_found=

  RS_DOVECOT_PREINIT([RS_PREINIT_ARGS], [preinit takes args (before 2.4)],
    [struct passdb_module *], [pool_t, const char *])
  RS_DOVECOT_PREINIT([RS_PREINIT_EVENT], [preinit takes an event (2.4.0 to 2.4.2)],
    [int], [pool_t, struct event *, struct passdb_module **, const char **])
  RS_DOVECOT_PREINIT([RS_PREINIT_PARAMETERS], [preinit takes parameters (from 2.4.3)],
    [int], [pool_t, struct event *, const struct passdb_parameters *, struct passdb_module **, const char **])
  RS_DOVECOT_ONE_OF([the signature of preinit in passdb.h],
    [RS_PREINIT_ARGS RS_PREINIT_EVENT RS_PREINIT_PARAMETERS])

  RS_DOVECOT_CAP([fields.service], [RS_FIELDS_SERVICE], [],
    [	struct auth_request *r = NULL;
	const char *const *p = &r->fields.service;
	(void)p;])
  RS_DOVECOT_CAP([fields.protocol], [RS_FIELDS_PROTOCOL], [],
    [	struct auth_request *r = NULL;
	const char *const *p = &r->fields.protocol;
	(void)p;])
  RS_DOVECOT_CAP([fields.secured], [RS_FIELDS_SECURED], [],
    [	struct auth_request *r = NULL;
	const enum auth_request_secured *p = &r->fields.secured;
	(void)p;])
  RS_DOVECOT_CAP([fields.conn_secured], [RS_FIELDS_CONN_SECURED], [],
    [	struct auth_request *r = NULL;
	const enum auth_request_conn_secured *p = &r->fields.conn_secured;
	(void)p;])
  RS_DOVECOT_CREDENTIALS([RS_CREDENTIALS], [credentials come alone (before 2.4.5)],
    [enum passdb_result, const unsigned char *, size_t, struct auth_request *])
  RS_DOVECOT_CREDENTIALS([RS_CREDENTIALS_SCHEME], [credentials come with a scheme (from 2.4.5)],
    [enum passdb_result, const unsigned char *, size_t, const char *, struct auth_request *])
  RS_DOVECOT_ONE_OF([the signature of lookup_credentials in passdb.h],
    [RS_CREDENTIALS RS_CREDENTIALS_SCHEME])
  RS_DOVECOT_CAP([verify_plain], [RS_VERIFY_PLAIN], [
extern void rs_probe(struct auth_request *, const char *, verify_plain_callback_t *);
extern void rs_verified(enum passdb_result, struct auth_request *);],
    [	struct passdb_module_interface iface = { .verify_plain = rs_probe };
	verify_plain_callback_t *callback = rs_verified;
	(void)iface, (void)callback;])
  RS_DOVECOT_CAP([mechanisms_filter in struct auth_passdb], [RS_AUTH_PASSDB_MECHANISMS_FILTER],
    [#include <auth.h>],
    [	struct auth_passdb *p = NULL;
	const char *const *m = p->mechanisms_filter;
	(void)m;])
  RS_DOVECOT_CAP([settings with a check function], [RS_SETTINGS],
    [#include <settings.h>
extern bool rs_probe(void *, pool_t, const char **);],
    [	struct setting_parser_info info = { .pool_offset1 = 1, .check_func = rs_probe };
	(void)info;])
  RS_DOVECOT_CAP([the version of the dict protocol], [RS_DICT_CLIENT],
    [#include <dict-client.h>],
    [	unsigned int version = DICT_CLIENT_PROTOCOL_MAJOR_VERSION;
	(void)version;])

  dnl Up to 2.4.2; without it an event is made for each login from a relay, wanted or not.
  RS_DOVECOT_CAP([the filter of wanted events], [RS_EVENT_FILTERS],
    [#include <event-log.h>],
    [	struct event_filter *filter = event_get_global_debug_send_filter();
	(void)filter;])
  dnl Before the mend of CVE-2022-30550 they stood in struct passdb_module; Debian
  dnl has backported it to 2.3.19.1.
  RS_DOVECOT_CAP([filters in struct auth_passdb], [RS_AUTH_PASSDB_MECHANISMS],
    [#include <auth.h>],
    [	struct auth_passdb *p = NULL;
	const char *const *m = p->mechanisms;
	(void)m;])
  AC_SUBST([DOVECOT_CAPS])

  dnl What compat-2.3.c and compat-2.4.c each stand on.
  case " $rs_cap_found " in
  *" RS_PREINIT_ARGS "*)
    rs_dovecot_2_3=yes
    RS_DOVECOT_ALL_OF([2.3],
      [RS_FIELDS_SERVICE RS_FIELDS_SECURED RS_CREDENTIALS RS_VERIFY_PLAIN RS_DICT_CLIENT]) ;;
  *)
    rs_dovecot_2_3=no
    RS_DOVECOT_ALL_OF([2.4],
      [RS_FIELDS_PROTOCOL RS_FIELDS_CONN_SECURED RS_VERIFY_PLAIN RS_AUTH_PASSDB_MECHANISMS_FILTER RS_SETTINGS]) ;;
  esac
])

dnl RS_DOVECOT_VERSION
dnl Sets DOVECOT_VERSION and DOVECOT_ABI from the headers, and warns when the
dnl Dovecot installed here is another one: it would refuse the module.
AC_DEFUN([RS_DOVECOT_VERSION], [
  AC_MSG_CHECKING([which Dovecot the headers belong to])
  DOVECOT_VERSION=
  rs_header=`echo "$LIBDOVECOT_INCLUDE" | sed 's/^ *-I//; s/ .*//'`/config.h
  DOVECOT_ABI=`sed -n 's/^#define DOVECOT_ABI_VERSION "\(.*\)".*/\1/p' "$rs_header" 2>/dev/null`
  dnl 2.3 has no DOVECOT_VERSION.
  for rs_name in DOVECOT_VERSION PACKAGE_VERSION; do
    AS_IF([test "x$DOVECOT_VERSION" = x], [
      DOVECOT_VERSION=`sed -n "s/^#define $rs_name \"\(.*\)\".*/\1/p" "$rs_header" 2>/dev/null`])
  done
  AS_IF([test "x$DOVECOT_ABI" = x], [
    AC_MSG_RESULT([unknown])
    AC_MSG_ERROR([no DOVECOT_ABI_VERSION in $rs_header; on Debian: apt-get install dovecot-dev])])
  AC_MSG_RESULT([$DOVECOT_VERSION, ABI $DOVECOT_ABI])
  rs_installed=
  for rs_file in "$dovecotdir/../../sbin/dovecot" /usr/sbin/dovecot /usr/local/sbin/dovecot; do
    AS_IF([test "x$rs_installed" = x && test -x "$rs_file"],
      [rs_installed=`"$rs_file" --version 2>/dev/null | sed 's/ .*//'`])
  done
  AS_IF([test "x$rs_installed" != x && test "$rs_installed" != "$DOVECOT_VERSION"], [
    AC_MSG_WARN([Dovecot $rs_installed is installed, the headers are of $DOVECOT_VERSION: it will not load this module])])
  AC_SUBST([DOVECOT_ABI])
  AC_SUBST([DOVECOT_VERSION])
])

dnl RS_COMPILER_FLAG(FLAG, VARIABLE)
dnl Appends FLAG to VARIABLE when it compiles and links without a warning.
AC_DEFUN([RS_COMPILER_FLAG], [
  AC_MSG_CHECKING([whether $CC takes $1])
  rs_save_CFLAGS=$CFLAGS
  CFLAGS="-Werror $CFLAGS $1"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [
    AC_MSG_RESULT([yes])
    $2="$$2 $1"
  ], [AC_MSG_RESULT([no])])
  CFLAGS=$rs_save_CFLAGS
])

dnl RS_HARDENING
dnl Flags of our own, because those of dovecot.m4 come with -std=gnu99 and with
dnl warnings, and are not there without Dovecot.
AC_DEFUN([RS_HARDENING], [
  HARDENING_CFLAGS=
  HARDENING_LDFLAGS=
  AS_IF([test "x$enable_hardening" != xno], [
    RS_COMPILER_FLAG([-fstack-protector-strong], [HARDENING_CFLAGS])
    RS_COMPILER_FLAG([-fstack-clash-protection], [HARDENING_CFLAGS])
    AS_IF([test "x$enable_sanitizers" != xyes], [
      RS_COMPILER_FLAG([-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2], [rs_fortify])
      dnl Without optimisation (CFLAGS=-O0) the C library only warns about it.
      case " $CFLAGS " in
      *" -O"@<:@1-9sg@:>@*)
        AS_IF([test "x$rs_fortify" != x],
          [HARDENING_CFLAGS="$HARDENING_CFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"]) ;;
      esac
    ])
    RS_COMPILER_FLAG([-Wl,-z,relro -Wl,-z,now], [HARDENING_LDFLAGS])
  ])
  AC_SUBST([HARDENING_CFLAGS])
  AC_SUBST([HARDENING_LDFLAGS])
])
