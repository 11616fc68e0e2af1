// A latch for five parts; one of them fails before it counts down.
import java.nio.file.*;
import java.util.concurrent.*;

public class Latch {
    public static void main(String[] words) throws Exception {
        CountDownLatch parts = new CountDownLatch(5);
        for (int n = 0; n < 5; n++) {
            int mine = n;
            new Thread(() -> {
                if (mine == 3) return;
                parts.countDown();
            }).start();
        }
        say("process " + ProcessHandle.current().pid());
        say("ready");
        parts.await();
    }

    static void say(String line) throws Exception {
        Files.writeString(Path.of(System.getenv("CASE_TRUTH")), line + "\n", StandardOpenOption.APPEND);
    }
}
