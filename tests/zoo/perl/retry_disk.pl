# Appends to its journal on a full disk and tries again, patiently.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;

open my $f, '>', 'journal' or die $!;
1 while syswrite $f, 'x' x 4096;
say_('process', $$);
say_('path', $ENV{CASE_DIR});
say_('path', "$ENV{CASE_DIR}/journal");
say_('ready');
nap(0.05) until syswrite $f, 'entry' x 1000;
