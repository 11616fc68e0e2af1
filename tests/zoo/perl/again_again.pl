# A socket without blocking: EAGAIN, and it asks again at once.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;
use IO::Handle;
use Socket;

socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die $!;
$a->blocking(0);
say_('process', $$);
say_('ready');
1 until sysread $a, my $line, 10;
