// Data sets in dumps of the MySQL family.
extension DataSet {
    static let ofMySQL = [sakila, employees, chinookOfMySQL, northwindOfMySQL]

    /// Settings kept aside, DELIMITER, triggers, routines, views with and without a definer, sets, years, geometry.
    private static let sakila = DataSet(
        name: "Sakila", database: "rental",
        text: """
            -- Rental sample schema
            SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0;
            SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0;
            SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='TRADITIONAL';
            DROP SCHEMA IF EXISTS rental;
            CREATE SCHEMA rental;
            USE rental;
            CREATE TABLE tongue (tongue_id TINYINT UNSIGNED NOT NULL AUTO_INCREMENT, name CHAR(20) NOT NULL,
              last_update TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
              PRIMARY KEY (tongue_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
            CREATE TABLE movie (movie_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT, title VARCHAR(128) NOT NULL,
              description TEXT DEFAULT NULL, release_year YEAR DEFAULT NULL, tongue_id TINYINT UNSIGNED NOT NULL,
              rate DECIMAL(4,2) NOT NULL DEFAULT 4.99, rating ENUM('G','PG','R') DEFAULT 'G',
              extras SET('Trailers','Commentaries','Deleted Scenes') DEFAULT NULL, picture BLOB DEFAULT NULL,
              PRIMARY KEY (movie_id), KEY idx_title (title), FULLTEXT KEY idx_text (title,description),
              CONSTRAINT fk_tongue FOREIGN KEY (tongue_id) REFERENCES tongue (tongue_id) ON UPDATE CASCADE)
              ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
            CREATE TABLE address (address_id INT NOT NULL AUTO_INCREMENT,
              /*!50705 place GEOMETRY */ /*!80003 SRID 0 */ /*!50705 NOT NULL,*/ street VARCHAR(50) NOT NULL,
              PRIMARY KEY (address_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
            CREATE TABLE movie_text (movie_id SMALLINT UNSIGNED NOT NULL, title VARCHAR(255) NOT NULL,
              PRIMARY KEY (movie_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

            DELIMITER ;;
            CREATE TRIGGER `ins_movie` AFTER INSERT ON `movie` FOR EACH ROW BEGIN
                INSERT INTO movie_text (movie_id, title) VALUES (new.movie_id, new.title);
              END;;
            DELIMITER ;

            CREATE VIEW movie_list AS SELECT m.movie_id AS fid, m.title,
              CASE WHEN m.rating = 'R' THEN 'grown-ups' ELSE 'all' END AS `for`, t.name AS tongue
              FROM movie m LEFT JOIN tongue t ON t.tongue_id = m.tongue_id;
            CREATE DEFINER=CURRENT_USER SQL SECURITY INVOKER VIEW rating_list AS
              SELECT rating, GROUP_CONCAT(title ORDER BY title SEPARATOR ', ') AS titles FROM movie GROUP BY rating;

            DELIMITER //
            CREATE PROCEDURE rewards (IN least TINYINT UNSIGNED, OUT found INT)
            LANGUAGE SQL NOT DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER COMMENT 'A report; of many'
            proc: BEGIN
                /* a ; within */
                IF least = 0 THEN SELECT 'Must be > 0; not less'; LEAVE proc; END IF;
                SELECT COUNT(*) INTO found FROM movie;
            END //
            CREATE FUNCTION in_stock(p INT) RETURNS BOOLEAN READS SQL DATA
            BEGIN
                DECLARE n INT;
                SELECT COUNT(*) INTO n FROM movie WHERE movie_id = p;
                RETURN n > 0;
            END //
            DELIMITER ;

            INSERT INTO tongue (tongue_id, name) VALUES \(rows(6) { "\($0), 'tongue \($0)'" });
            SET AUTOCOMMIT=0;
            INSERT INTO movie VALUES \(rows(400) {
                "\($0),'IT\\'S \($0); TRUE','A \\\\ and a \\\"',\(1990 + $0 % 30),\(1 + $0 % 6),0.99,'PG','Trailers,Deleted Scenes',x'FF00'"
            });
            COMMIT;
            INSERT INTO `address` VALUES \(rows(20) {
                "\($0),/*!50705 0x0000000001010000003E0A325D63345CC0761FDB8D99D94840,*/'street \($0)'"
            });
            COMMIT;
            SET SQL_MODE=@OLD_SQL_MODE;
            SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS;
            SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS;

            """,
        counts: [
            ("rental.tongue", 6), ("rental.movie", 400), ("rental.movie_text", 400), ("rental.address", 20),
            ("rental.movie_list WHERE `for` = 'all'", 400), ("rental.movie WHERE rental.in_stock(movie_id)", 400),
            ("rental.movie WHERE title LIKE 'IT''S %; TRUE' AND description = 'A \\\\ and a \"'", 400),
        ])

    /// Comments of all three kinds, client output, logs flushed, long inserts, views over joins.
    private static let employees = DataSet(
        name: "Employees", database: "staff",
        text: """
            --  a sample
            DROP DATABASE IF EXISTS staff;
            CREATE DATABASE IF NOT EXISTS staff;
            USE staff;

            SELECT 'CREATING DATABASE STRUCTURE' as 'INFO';

            DROP TABLE IF EXISTS person, unit, person_unit;
            /*!50503 set default_storage_engine = InnoDB */;
            /*!50503 select CONCAT('storage engine: ', @@default_storage_engine) as INFO */;

            CREATE TABLE person (
                emp_no      INT             NOT NULL,  # the number; unique
                birth_date  DATE            NOT NULL,
                name        VARCHAR(14)     NOT NULL,
                gender      ENUM ('M','F')  NOT NULL,
                PRIMARY KEY (emp_no)
            );
            CREATE TABLE unit (dept_no CHAR(4) NOT NULL, name VARCHAR(40) NOT NULL, PRIMARY KEY (dept_no), UNIQUE KEY (name));
            CREATE TABLE person_unit (emp_no INT NOT NULL, dept_no CHAR(4) NOT NULL, from_date DATE NOT NULL,
                to_date DATE NOT NULL, FOREIGN KEY (emp_no) REFERENCES person (emp_no) ON DELETE CASCADE,
                FOREIGN KEY (dept_no) REFERENCES unit (dept_no) ON DELETE CASCADE, PRIMARY KEY (emp_no,dept_no)
            )
            ;
            CREATE OR REPLACE VIEW latest AS
                SELECT emp_no, MAX(from_date) AS from_date, MAX(to_date) AS to_date FROM person_unit GROUP BY emp_no;
            # only where somebody is now
            CREATE OR REPLACE VIEW present AS
                SELECT l.emp_no, dept_no, l.from_date, l.to_date FROM person_unit d
                    INNER JOIN latest l ON d.emp_no=l.emp_no AND d.from_date=l.from_date AND l.to_date = d.to_date;

            flush /*!50503 binary */ logs;

            SELECT 'LOADING units' as 'INFO';
            INSERT INTO `unit` VALUES \(rows(9) { "'d00\($0)','Unit \($0)'" });
            SELECT 'LOADING people' as 'INFO';
            INSERT INTO `person` VALUES \(rows(2000) { "\(10000 + $0),'1953-09-02','name \($0)','\($0 % 2 == 0 ? "M" : "F")'" });
            INSERT INTO `person_unit` VALUES \(rows(2000) {
                "\(10000 + $0),'d00\(1 + $0 % 9)','1986-06-26','9999-01-01'"
            });

            """,
        counts: [("staff.unit", 9), ("staff.person", 2000), ("staff.person_unit", 2000), ("staff.present", 2000)])

    /// Names in backticks, national texts, keys and constraints behind the rows.
    private static let chinookOfMySQL = DataSet(
        name: "Chinook", database: "tunes",
        text: """
            /*******************************************************************************
               Create Database; all of it
            ********************************************************************************/
            DROP DATABASE IF EXISTS `tunes`;
            CREATE DATABASE `tunes`;


            USE `tunes`;
            CREATE TABLE `Album`
            (
                `AlbumId` INT NOT NULL AUTO_INCREMENT,
                `Title` NVARCHAR(160) NOT NULL,
                `ArtistId` INT NOT NULL,
                CONSTRAINT `PK_Album` PRIMARY KEY  (`AlbumId`)
            );
            CREATE TABLE `Artist` (`ArtistId` INT NOT NULL AUTO_INCREMENT, `Name` NVARCHAR(120),
                CONSTRAINT `PK_Artist` PRIMARY KEY (`ArtistId`));
            ALTER TABLE `Album` ADD CONSTRAINT `FK_AlbumArtistId`
                FOREIGN KEY (`ArtistId`) REFERENCES `Artist` (`ArtistId`) ON DELETE NO ACTION ON UPDATE NO ACTION;
            CREATE INDEX `IFK_AlbumArtistId` ON `Album` (`ArtistId`);
            INSERT INTO `Artist` (`ArtistId`, `Name`) VALUES \(rows(50) { "\($0), N'Motörhead & Söhne \($0)'" });
            INSERT INTO `Album` (`AlbumId`, `Title`, `ArtistId`) VALUES \(rows(200) { "\($0), N'Let There Be -- Rock', \(1 + $0 % 50)" });

            """,
        counts: [
            ("tunes.Artist WHERE Name LIKE 'Motörhead & S%'", 50), ("tunes.Album WHERE Title LIKE '% -- Rock'", 200),
        ])

    /// Northwind as mysqldump writes names with spaces, bits, blobs, and views by way of a placeholder table.
    private static let northwindOfMySQL = DataSet(
        name: "Northwind", database: "data",
        text: """
            -- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
            /*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
            /*!50503 SET NAMES utf8mb4 */;
            /*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
            /*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
            DROP TABLE IF EXISTS `Order Details`;
            /*!40101 SET @saved_cs_client     = @@character_set_client */;
            /*!50503 SET character_set_client = utf8mb4 */;
            CREATE TABLE `Order Details` (`OrderID` int NOT NULL, `UnitPrice` decimal(10,4) NOT NULL DEFAULT '0.0000',
              `Gone` bit(1) NOT NULL DEFAULT b'0', `Photo` longblob, PRIMARY KEY (`OrderID`)
            ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
            /*!40101 SET character_set_client = @saved_cs_client */;
            LOCK TABLES `Order Details` WRITE;
            /*!40000 ALTER TABLE `Order Details` DISABLE KEYS */;
            INSERT INTO `Order Details` VALUES \(rows(300) { "\($0),14.0000,_binary '\\0',_binary 'a\\'b;\\n'" });
            /*!40000 ALTER TABLE `Order Details` ENABLE KEYS */;
            UNLOCK TABLES;
            /*!50001 DROP VIEW IF EXISTS `Alphabetical list`*/;
            /*!50001 CREATE VIEW `Alphabetical list` AS SELECT 1 AS `OrderID`*/;
            /*!50001 DROP VIEW IF EXISTS `Alphabetical list`*/;
            /*!50001 SET @saved_col_connection     = @@collation_connection */;
            /*!50001 CREATE ALGORITHM=UNDEFINED */
            /*!50013 DEFINER=`northwind`@`%` SQL SECURITY DEFINER */
            /*!50001 VIEW `Alphabetical list` AS select `Order Details`.`OrderID` AS `OrderID` from `Order Details` */;
            /*!50001 SET collation_connection      = @saved_col_connection */;
            /*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
            /*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;
            -- Dump completed on 2026-11-29 10:00:00

            """,
        counts: [
            ("data.`Order Details` WHERE Photo = 'a\\'b;\\n' AND Gone = 0", 300), ("data.`Alphabetical list`", 300),
        ])
}
