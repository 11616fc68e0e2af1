// Two threads take two monitors in opposite order.
import java.nio.file.*;

public class Synchronized {
    static final Object stock = new Object(), orders = new Object();

    static void both(Object first, Object second) {
        synchronized (first) {
            nap(500);
            synchronized (second) {
                System.out.println("both");
            }
        }
    }

    public static void main(String[] words) throws Exception {
        new Thread(() -> both(stock, orders), "restock").start();
        new Thread(() -> both(orders, stock), "ship").start();
        nap(1000);
        say("process " + ProcessHandle.current().pid());
        say("ready");
    }

    static void nap(long ms) {
        try { Thread.sleep(ms); } catch (InterruptedException e) { throw new RuntimeException(e); }
    }

    static void say(String line) throws Exception {
        Files.writeString(Path.of(System.getenv("CASE_TRUTH")), line + "\n", StandardOpenOption.APPEND);
    }
}
