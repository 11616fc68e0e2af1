# Creates its lock file with O_EXCL; a run that crashed has left it, with its number inside.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;
use Fcntl;

open my $left, '>', 'import.lock' or die $!;
print $left "4194000\n";
close $left;
say_('process', $$);
say_('path', "$ENV{CASE_DIR}/import.lock");
say_('ready');
nap(0.1) until sysopen my $lock, 'import.lock', O_CREAT | O_EXCL | O_WRONLY;
